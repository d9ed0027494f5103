/** Faults in the reader's language: the server names a stable code, and its own words where we have none. Pure but for the chosen language. */

import { Problem } from '../shared/api'
import { i18n, word } from '../shared/i18n'
import { ruleWords } from '../shared/rules'

interface Fault {
  field: string
  code: string
  rule: string
  mend: string
  value: string
}

/** What is wrong with a cell or a row, and the way out. */
export function faultText(fault: Fault): string {
  return word(`transfer.fault.${fault.code}`, ruleWords(fault))
}

/** What is wrong with a whole file; empty when it is no such refusal. */
export function faultWords(wrong: unknown): string {
  if (!(wrong instanceof Problem)) return ''
  if (wrong.status === 413) return i18n.global.t('transfer.too_large')
  const first = wrong.errors[0]
  if (first === undefined) return ''
  const type = String(wrong.body['type'] ?? '')
  return faultText({ field: first.field, code: type, rule: first.rule, mend: first.mend, value: '' })
}
