/** The colour of a state's word; the word is always there, so the colour only helps. */

const TONES: Record<string, string> = {
  new: 'warn', open: 'warn', draft: '', pending: 'warn', applied: 'warn', waiting: 'warn', planned: 'blue', lead: 'blue',
  handling: 'blue', review: 'violet', in_progress: 'blue', doing: 'blue', accepted: 'blue', assigned: 'blue', booked: 'blue', negotiating: 'violet',
  done: 'good', active: 'good', approved: 'good', published: 'good', closed: '', won: 'good', resolved: 'good', attended: 'good', finished: 'good', signed: 'good',
  rejected: 'alarm', overdue: 'alarm', no_show: 'alarm', lost: 'alarm', escalated: 'alarm', expired: '', cancelled: '', retired: '', archived: '',
}

export const stateTone = (state: string): string => TONES[state] ?? 'accent'
