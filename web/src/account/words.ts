/** Why a change of the account was refused, in words that stand beside its form. */

import { Problem } from '../shared/api'
import { i18n } from '../shared/i18n'
import { problemWords } from '../shared/notify'
import { ruleWords } from '../shared/rules'

export function refusal(wrong: unknown): string {
  const { t } = i18n.global
  if (!(wrong instanceof Problem)) return problemWords(wrong)
  if (wrong.status === 429) return t('account.slowed', { s: wrong.retryAfterS })
  const [first] = wrong.errors
  if (first === undefined) return problemWords(wrong)
  if (first.rule === 'is your password') return t('account.wrong_password')
  return first.field === 'code' ? t('account.factor.wrong_code') : ruleWords(first)
}
