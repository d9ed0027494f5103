"""Why a booking was refused: a code for programs and translations; field, rule and mend for people.

In: a code of REFUSALS, values for its sentence. Out: `BookingRefused`. Must not name a patient. Invariant: every code stands in REFUSALS.
Codes are part of the HTTP answers: docs/booking.md.
"""

from __future__ import annotations

from crm.errors import Conflict

# code -> (field, rule, mend)
REFUSALS: dict[str, tuple[str, str, str]] = {
    "slot_gone": ("slot_id", "must exist", "the roster has changed; look for free slots again"),
    "slot_full": ("slot_id", "must have a free seat for this way of booking", "take one of the next free slots, or the waiting list"),
    "slot_past": ("slot_id", "must begin later than {lead_min} minutes from now", "choose a later slot"),
    "clinic_stopped": ("slot_id", "must belong to a clinic that takes place", "this clinic was stopped; choose another day or doctor"),
    "hold_expired": ("hold_id", "must still be held", "the seat was held too long and is free for others; choose a slot again"),
    "patient_missing": ("patient_id", "must name a patient", "choose the patient or make a file first"),
    "same_time": ("patient_id", "may have one appointment at a time", "appointment {number} lies at that time; move or cancel it first"),
    "same_clinic": ("patient_id", "may have one appointment in a clinic session", "appointment {number} is with this doctor then; move it instead"),
    "too_many_open": ("patient_id", "may have at most {limit} appointments ahead", "cancel one that is not needed"),
    "missed_too_often": ("patient_id", "must not have missed {limit} appointments in {days} days", "an agent or the counter can book"),
    "too_late": ("id", "must begin in more than {minutes} minutes", "an agent or the counter can still change it"),
    "wrong_state": ("id", "must be {states}", "it is {state}; look at it again"),
    "too_early": ("id", "must have begun", "wait until its time has come"),
    "free_now": ("first_day", "must be without a free slot", "there are free slots now; book one of them"),
    "waits_already": ("patient_id", "may wait once for a department", "leave the other place in the list first"),
    "doctor_busy": ("doctor_id", "may hold one session at a time", "choose other times, or stop the other session first"),
    "session_gone": ("id", "must exist", "look at the week again"),
    "nothing_to_stop": ("doctor_id", "must name a doctor, a department or a session", "choose whose clinic is stopped"),
    "times": ("starts_at", "must lie before the end, inside one day", "correct the times"),
    "seats": ("seats", "must be 1 to 20", "choose a smaller number"),
}


class BookingRefused(Conflict):
    """Booking rules do not allow this. Carries a code, the field, the rule and the mend."""

    def __init__(self, code: str, **values: object) -> None:
        field, rule, mend = REFUSALS[code]
        self.code, self.field = code, field
        self.rule, self.mend = rule.format(**values), mend.format(**values)
        super().__init__(f"{self.field} {self.rule}; {self.mend}")
