export default {
  admin: {
    yes: 'Yes', no: 'No', choose: 'Choose', type_to_find: 'Type to find', type_and_enter: 'Type, then Enter', not_allowed: 'You may not see these', nothing_found: 'Nothing found',
    reveal: 'Show in full (this is audited)', show_and_edit: 'Show and edit', replace: 'Replace', required: 'Required', pick_day: 'Choose a day', pick_moment: 'Choose day and time', pick_time: 'Choose a time',
    add: 'New', new: 'New: {thing}', saving: 'Saving…', saved: 'Saved', changed: '{title} changed', undo: 'Undo', mend_fields: 'Some fields need your attention; they are marked.',
    leave: 'Leave', stay: 'Go on writing', leave_title: 'Not saved yet', leave_lead: 'What you have written will be lost.', draft_back: 'What you had written before the call is back; it is not saved yet.',
    find: 'Find: {what}', about: 'about {n}', columns: 'Columns', earlier: '{title} further left', later: '{title} further right', standard_columns: 'Standard columns', my_list: 'My list',
    all_rows: 'All', shared: 'shared', keep_view: 'Keep these filters…', drop_view: 'Delete “{title}”', view_title: 'Name', share_view: 'Colleagues see it too', view_kept: 'Filters kept',
    filters: 'Filters', until: 'until', more_filters: 'All filters ({n})', fewer_filters: 'Fewer', clear_filters: 'Clear filters', choose_all: 'Choose the whole page', choose_row: 'Choose {title}', show_removed: 'Only deleted ones',
    none_found: 'Nothing matches: {things}.', none_yet: 'Nothing here yet: {things}.', show_all: 'Show all', no_related: '{things}: none yet.',
    bulk: 'Bulk actions', chosen: '{n} chosen', bulk_change: 'Change together', unchoose: 'Clear choice', bulk_title: 'Change {n} rows', which_field: 'Which field', new_value: 'New value', bulk_apply: 'Change {n} rows', bulk_done: '{n} changed', bulk_sure: '“{act}” for {n} rows?',
    data: 'Data', edit_field: 'Change {title}', remove: 'Delete', removed: '{title} deleted', is_removed: 'deleted', restore: 'Restore', remove_title: 'Delete {title}', remove_hides: 'It leaves the lists and can be restored.', remove_final: 'This cannot be undone.',
    reason: 'Reason', reason_needed: 'Please give the reason.', in_use: 'Other rows refer to it, so it cannot be deleted. You can deactivate it.', all_things: 'Everything', find_thing: 'Find, for example: complaint',
    rule: { required: '{title} is needed.', number: '{title} must be a number.', fen: 'At most two decimals.', min: 'At least {min}.', max: 'At most {max}.', max_length: 'At most {length} characters.' },
  },
  rich: { toolbar: 'Format', bold: 'Bold', italic: 'Italic', heading: 'Heading', subheading: 'Subheading', bullets: 'Bullets', numbers: 'Numbered list', quote: 'Quote', rule: 'Rule', undo: 'Undo', redo: 'Redo' },
  conflict: { title: 'Somebody else changed this', lead: '{who} saved the same row {when}. Decide field by field.', somebody: 'Somebody', field: 'Field', mine: 'Mine', theirs: 'Saved now', back: 'Back to the form', save: 'Save my decision' },
  audit: {
    title: 'History', whole: 'Audit trail', none: 'No entries.', system: 'System', reason: 'Reason', who: 'Person', thing: 'Thing', act: 'Action', when: 'When',
    action: { read: 'Viewed', view: 'Viewed', add: 'Added', change: 'Changed', delete: 'Deleted', restore: 'Restored', reveal: 'Revealed', import: 'Imported', export: 'Exported', bulk: 'Changed in bulk', timeline: 'Viewed timeline', login: 'Signed in', logout: 'Signed out', login_failed: 'Sign-in refused', failed: 'Refused', book: 'Booked', move: 'Moved', cancel: 'Cancelled', hold: 'Held', lapse: 'Hold ran out', create: 'Added', update: 'Changed', play: 'Played', download: 'Downloaded', merge: 'Merged', undo: 'Undone' },
    kind: { user: 'User', role: 'Role', patient: 'Patient', recording: 'Recording', call_record: 'Call', session: 'Session' },
  },
  rights: {
    title: 'Rights', find: 'Find: complaint', count: '{n} rights', thing: 'Thing', special: 'Special', others: 'General',
    action: { read: 'Read', add: 'Add', change: 'Change', delete: 'Delete', bulk: 'Bulk', reveal: 'Reveal', import: 'Import', export: 'Export' },
    line: { see: 'Sensitive data', saved_view: 'Views of lists', desk: 'Desk', recording: 'Recordings', message: 'Messages', board: 'Board', audit: 'Audit', api_token: 'Tokens' },
  },
  tokens: {
    all: 'API tokens', lead: 'For other systems that use this one as one of its users. Shown once, when made.', new: 'New token', title: 'Used for', title_hint: 'such as: check-up system', title_needed: 'Say what it is for, such as: check-up system.', user: 'Acts as', user_hint: 'empty: as yourself',
    count: '{n}', term: 'Valid for', days: '{n} days', rights: 'Rights', rights_hint: 'Only rights that you and the user have; what the user loses, the token loses at once.', rights_needed: 'Tick at least one right.', make: 'Make the token', made: 'Token made: {title}', once: 'Copy it now and keep it safe. It is not shown again; a lost one can only be ended and made anew.', try: 'Try it:',
    kept: 'Kept, close', created: 'Made', expires: 'Ends', used: 'Last used', never: 'never', state: 'State', is: { active: 'Valid', soon: 'Ends soon', expired: 'Expired', ended: 'Ended' }, end: 'End', end_lead: 'Whatever uses “{title}” is refused at once. This cannot be taken back.', ended: '{title} ended',
    none: 'No tokens yet. Make one here when HIS, check-up or message systems are connected.', with_ended: 'Also the {n} that ended or expired',
  },
}
