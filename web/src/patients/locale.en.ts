export default {
  shelf: { medical: 'Medical', person: 'Person and consent', service: 'Service', appointments: 'Appointments', none: 'None yet:' },
  timeline: { member: 'Application', message: 'Message', all: 'All', today: 'Today', yesterday: 'Yesterday', visit: 'Visit', call: 'Call', call_record: 'Call', voice_message: 'Voice message', callback_request: 'Callback', text_message: 'SMS', order: 'Order', medical_order: 'Order', medication: 'Medication', examination: 'Examination', laboratory: 'Laboratory', laboratory_result: 'Laboratory', treatment: 'Treatment', diagnosis: 'Diagnosis', fee: 'Fee', follow_up: 'Follow-up', follow_up_task: 'Follow-up', complaint: 'Complaint', enquiry: 'Enquiry', inquiry: 'Enquiry', appointment: 'Appointment', consent: 'Consent', to_do: 'To-do', event_invitation: 'Event' },
  timeline_state: { voice_message: { open: 'open', handled: 'handled' }, values: '# values', visit: { outpatient: 'outpatient', inpatient: 'inpatient', in_hospital: 'in hospital' }, examination: { awaited: 'report awaited' }, medication: { ended: 'ended', taking: 'taking' }, fee: { open: 'unpaid', paid: 'paid' } },
  wish: {
    comma: ', ', reached: 'Reach by', refused: 'Not agreed to',
    topic: { appointments: 'hears appointments', booking: 'may book', fees: 'hears fees', results: 'hears whether reports are ready', reminders: 'hears reminders' },
    purpose: { follow_up: 'follow-up', education: 'education', satisfaction: 'surveys', marketing: 'offers', research: 'research', data_sharing: 'data sharing' },
    channel: { phone: 'telephone', sms: 'SMS', wechat: 'WeChat', email: 'e-mail', letter: 'letter' },
  },
}
