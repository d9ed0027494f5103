export default {
  account: {
    title: 'My account', back: 'Back', leave: 'Sign out', due: 'Your role asks for a second step at sign-in. You can start work once it is set up.',
    own_password: 'Current password', wrong_password: 'The current password is wrong.', slowed: 'Too many tries. Try again in {s} seconds.',
    password: {
      title: 'Password', lead: 'Once it is changed, you are signed out everywhere else.', new: 'New password', hint: '10 to 200 characters', again: 'New password once more',
      differs: 'The two new passwords differ.', change: 'Change password', done: 'Password changed',
    },
    factor: {
      title: 'Second step at sign-in', on: 'On', off: 'Off', since: 'Since', lead: 'Besides the password you type 6 digits from an authenticator app on your phone. Whoever learns the password still cannot get in.',
      set_up: 'Set up', scan: 'Scan the code with an authenticator app, then type the 6 digits it shows.', by_hand: 'Cannot scan? Type the key', code: '6 digits of the app',
      wrong_code: 'These digits are wrong. Wait for the next ones, and see whether the clock of the phone is right.', confirm: 'Confirm and turn on', done: 'The second step is on',
      turn_off: 'Turn off', off_done: 'The second step is off', demanded: 'Your role asks for the second step; it cannot be turned off. For a new phone ask an administrator to reset it.',
      renew: 'New recovery codes', left: 'Recovery codes left', left_few: 'Few recovery codes are left; make new ones.', sure: 'Type your current password to go on.', go_on: 'Go on',
    },
    recovery: {
      title: 'Recovery codes', once: 'Keep these codes safe; they are shown this once. Should you lose the phone, each is good for one sign-in.', copy: 'Copy', copied: 'Copied', print: 'Print', kept: 'Saved, go on',
    },
    reset: { title: 'Second step at sign-in', act: 'Reset second step', sure: '{name} will be signed out and next time needs the password only; who has a role that asks for the second step sets it up anew. Make sure who asks you for this.', done: 'Reset' },
    step: { code: 'Code', hint: '6 digits of the app, or a recovery code', wrong: 'The code is wrong, was used, or is too old.', fill_in: 'Type the code.', other: 'Another account' },
  },
}
