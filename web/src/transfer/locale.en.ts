export default {
  transfer: {
    import: 'Import', export: 'Export', merge: 'Merge files', import_title: 'Import {title}', another_file: 'Another file', steps: 'Steps', drop: 'Drop a file here, or click to choose', formats: 'Excel (.xlsx .xls .ods) or CSV (UTF-8, GB18030), headings in the first row',
    sending: 'Sending {n}%', step: { file: 'File', columns: 'Columns', check: 'Check', result: 'Result' }, earlier: 'Earlier imports', when: 'When', by: 'By', more: 'More',
    working: { checking: 'Checking', running: 'Importing', undoing: 'Undoing' }, of: '{done} of {total} rows', stop: 'Stop', rows: '{n} rows', sheet: 'Sheet', encoding: 'Encoding', heading_row: 'Row of the headings', first_rows: 'First rows of the file',
    no_heading: 'Column {n}', means: '“{heading}” is', leave_out: 'Leave out', missing: 'No column yet for: {titles}', duplicates: 'People we know already', both_have: 'Where both have a value', action: { merge: 'Merge', skip: 'Skip', create: 'Make anew' },
    prefer: { stored: 'Keep ours', file: "Take the file's" }, check: 'Check', back: 'Change choices', run: 'Import', go_on: 'Go on', undo: 'Undo import', undo_lead: 'The {added} that were added are removed, the {merged} that were merged are as before.', see_list: 'See the list', take_problems: 'Download rows with faults',
    state: { uploaded: 'Not checked', checking: 'Checking', checked: 'Checked, nothing written yet', running: 'Importing', stopped: 'Stopped', done: 'Imported', undoing: 'Undoing', undone: 'Undone' },
    count: { added: 'New', merged: 'Merged', same: 'Unchanged', skipped: 'Skipped', repeats: 'Repeats in file', refused: 'With faults' }, known: 'Known: ', whole_row: 'Whole row', row: 'Row', content: 'Content', field: 'Column', what_is_wrong: 'What is wrong, and the way out',
    problems: '{n} rows with faults (the others are not touched)', cannot_undo: 'Not undone: somebody changed these since, and that would be lost', too_large: 'The file is too large; split it',
    what: { edited: 'was changed', visit: 'has a visit', call_record: 'has a call', appointment: 'has an appointment', follow_up_task: 'has a follow-up', contact_phone: 'has a new number', linked: 'has entries ({what})' },
    export_title: 'Export {title}', format: { xlsx: 'Excel', csv: 'CSV (UTF-8)' }, which_columns: 'Columns', export_hint: 'What the list shows, masked as your rights say. The export is audited.', export_done: 'Ready, {n} rows', fetch: 'Download', export_making: 'Making the file', export_failed: 'The export failed; try again',
    merge_title: 'Merge another file into {name}', find_other: 'Name, number, record number', find: 'Find', no_other: 'No other file found', kept: 'Stays', dropped: 'Goes into it', carried: 'Carried over:', nothing: 'nothing', reason: 'Reason', merge_hint: 'Every entry goes to the file that stays; the other is hidden. A merge can be undone.', merge_go: 'Merge', merged_before: 'Merged into this file', unmerge: 'Undo the merge', unmerged: 'They are two files again', merge_conflict: 'Both files have {thing}, and only one may stay; settle one of them first.', merged: 'Merged',
    what_is: { contact_phone: 'Numbers', visit: 'Visits', medical_order: 'Orders', relative: 'Relatives', call_record: 'Calls', follow_up_task: 'Follow-up', appointment: 'Appointments', patient_identifier: 'Identifiers' },
    fault: {},
  },
}
