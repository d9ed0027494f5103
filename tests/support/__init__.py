"""What telephony and browser tests share: waiting, free instances, witnesses, phones."""
