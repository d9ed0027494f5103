"""Booking: what the telephone menu, the agent and the web page call.

In: a session inside a transaction, `By` (who asks, through which door, when), ids. Out: plain frozen values. Refusals are `BookingRefused`: a
stable code for programs, and field, rule and mend for people. Rules and examples: docs/booking.md.
"""

from crm.booking.appointments import arrive, book, book_slot, cancel, hold, move, no_show, release
from crm.booking.errors import BookingRefused
from crm.booking.generate import Generated, generate
from crm.booking.slots import FreeSlot, Wish, find_slots
from crm.booking.stops import Stop, add_seats, add_session, reopen, stop_clinic
from crm.booking.sweep import sweep
from crm.booking.view import AppointmentView, appointment
from crm.booking.waiting import NewWish, leave_waiting, wait_for_slot
from crm.booking.when import By

__all__ = [
    "AppointmentView",
    "BookingRefused",
    "By",
    "FreeSlot",
    "Generated",
    "NewWish",
    "Stop",
    "Wish",
    "add_seats",
    "add_session",
    "appointment",
    "arrive",
    "book",
    "book_slot",
    "cancel",
    "find_slots",
    "generate",
    "hold",
    "leave_waiting",
    "move",
    "no_show",
    "release",
    "reopen",
    "stop_clinic",
    "sweep",
    "wait_for_slot",
]
