export default {
  bell: { given: 'Given to you:', title: 'To-dos and notices ({n})', waiting: 'Waiting for you', overdue: '{n} overdue', nothing: 'Nothing waits for you.', notices: 'Announcements', unread: '{n} unread', no_notices: 'No announcements.', new: 'unread', level: { important: 'important', urgent: 'urgent' } },
}
