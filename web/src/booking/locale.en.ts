export default {
  booking: {
    title: 'Clinics', book: 'Book', move: 'Move', moving: 'Move {number}', for: 'Book for {name}', department: 'Department', doctor: 'Doctor', any_doctor: 'Any doctor', day: 'Day', slot: 'Time',
    find: 'Department or doctor', free: '{n} free', none_free: 'full', none_here: 'Nothing is free here', pick_department: 'Choose a department first', pick_slot: 'Choose a time; the seat is held for you', pick_move: 'Choose a new time; the old seat is freed then', held: 'Held, {time} left',
    hold_over: 'The hold is over; choose again', confirm: 'Book', confirm_move: 'Move', contact: 'Telephone', contact_hint: 'empty: the best number on file', note: 'Note', done: 'Booked: {number}, {when}, no. {queue}',
    moved: 'Moved to {when}; number {number} stays', wait: 'Join the waiting list', waiting: 'On the waiting list; a freed seat is held in turn', place: 'Place', price: 'Fee', change: 'Change', keys: '↑↓ choose  → next  ← back  Enter confirm',
    when: '{day} {from}–{to}', queue: 'no. {n}', cancel: 'Cancel appointment', cancel_reason: 'Reason', cancelled: 'Cancelled; the seat is free', keep: 'Keep it', mine: 'Appointments', no_mine: 'No appointments', number: 'Number',
    today: 'This week', before: 'Week before', after: 'Week after', all_departments: 'All departments', am: 'Morning', pm: 'Afternoon', evening: 'Evening', empty_week: 'No clinics in this week. Rosters are kept under “Rosters”.', booked: '{booked}/{seats} booked',
    stands_in: 'for {name}', extra: 'extra', refresh: 'Update from rosters', refreshed: '{made} made, {removed} removed, {kept} kept', add: 'Extra clinic', clinic: 'Clinic', close: 'Close', nobody: 'Nobody yet',
    stop: 'Stop clinic', reopen: 'Open again', reopened: 'Open again', more: 'Add a seat', more_done: 'One seat added', arrive: 'Arrived', no_show: 'Did not come', show_booked: 'Show bookings', seats: 'seats',
    scope: { session: 'This clinic only', days: 'The doctor, for some days' }, first: 'From', last: 'To', reason: 'Reason', substitute: 'Stands in', no_substitute: 'Nobody', kind_of_stop: 'Kind',
    stop_kind: { leave: 'Leave', training: 'Training', duty: 'Duty elsewhere', stopped: 'Stopped' }, stop_warning: '{n} have booked and must be told.', stop_now: 'Stop it',
    stopped_none: 'Stopped; nobody is affected', affected: '{n} patients must be told', affected_hint: 'They stand under “Notices”; agents call and move them.', starts: 'From', ends: 'To', slot_min: 'Slot (minutes)', per_slot: 'Seats a slot', price_yuan: 'Fee (yuan)', added: 'Extra clinic added',
    kind: { general: 'General', expert: 'Expert', special: 'Special' },
    state: { held: 'Held', booked: 'Booked', arrived: 'Arrived', no_show: 'Did not come', cancelled: 'Cancelled', stopped: 'Clinic stopped', lapsed: 'Lapsed' },
    refused: {
      slot_gone: 'The roster has changed; choose again', slot_full: 'This time was taken just now; the next free ones are above', slot_past: 'This time has begun; choose a later one', clinic_stopped: 'This clinic was stopped; choose another day or doctor', hold_expired: 'The hold is over; choose again',
      patient_missing: 'Choose the patient or make a file first', same_time: 'The patient has appointment {number} at that time; move or cancel it first', same_clinic: 'The patient has appointment {number} in this clinic; move it instead', too_many_open: 'The patient has too many appointments ahead; cancel one first',
      missed_too_often: 'The patient missed too many appointments; an agent or the counter can book', too_late: 'It is too late for the patient to change this alone', wrong_state: 'The appointment has changed; refresh', too_early: 'It is too early for that', free_now: 'There are free times now; book one', waits_already: 'The patient is on this list already',
      doctor_busy: 'The doctor has another clinic then', nothing_to_stop: 'Choose a doctor or a department', times: 'The end must be after the beginning', seats: '1 to 20 seats at once',
    },
  },
}
