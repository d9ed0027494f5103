export default {
  conduct: {
    nav: 'Conduct', anonymous: 'Anonymous', anonymous_lead: 'The caller made the call anonymous: number, person and sound so far are removed', lead: 'Numbers and call recordings of reporters are removed. A report is encrypted; only an officer with his passphrase opens it, and every hearing is audited.',
    all: 'All', received: 'Received', inquiry: 'Under inquiry', closed: 'Closed',
    passphrase: 'Your passphrase', passphrase_lead: 'It is used on this page only, forgotten when you leave, and never stored.', lock: 'Lock', unlock: 'Unlock', unlocked: 'Unlocked until you leave this page',
    no_key: 'You have no key: new reports are not sealed for you', key_lead: 'Choose a passphrase of at least 12 characters. Nobody can reset it: reports that are sealed for you alone are lost with it.',
    new_passphrase: 'New passphrase', again: 'Once more', not_same: 'The two are not the same', too_short: 'At least 12 characters', make_key: 'Make my key', new_key: 'Change my key', key_made: 'Your key is made: you can open reports that come in from now on',
    key_change_lead: 'New reports will open with the new passphrase, earlier ones with the earlier.', officers: 'Officers who can open new reports', nobody: 'No officer has a key yet; the telephone line takes no reports until then.',
    open: 'Open and listen', opening: 'Opening…', report: 'Report {n}', first_heard: 'first heard {at}', asked: 'reporter asked {at}', never_asked: 'reporter has not asked yet',
    state: 'State', answer: 'Answer to the reporter (spoken when he enters his code)', note: 'Internal note (officers only)', save: 'Save', saved: 'Saved', none: 'No reports. Callers press 9 to report without a name.', spoken: 'spoken in {language}', zh: 'Chinese', en: 'English',
  },
  hours: {
    title: 'Service hours', normal: 'Normal', night: 'Night mode', emergency: 'Emergency', ask_night: 'Switch to night mode? New callers and callers in menus hear at once that we are closed; queues, talks and messages go on.', ask_emergency: 'Switch to emergency? New callers and callers in menus hear the notice at once; queues, talks and messages go on.', ask_normal: 'Back to the normal hours?',
    note: 'Reason (audited)', now: '{mode}, switched by {by} {at}', done: 'Switched: {mode}', confirm: 'Switch', cancel: 'Cancel',
  },
}
