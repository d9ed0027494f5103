/** Why a case does not hold, in the words of the chosen language. */

import { i18n } from '../shared/i18n'
import { half } from '../prompts/words'
import type { CaseResult } from './flowApi'
import { nodeTitle } from './verbs'

export function why(result: CaseResult): string {
  const place = (spot: CaseResult['got']): string => (spot ? `${nodeTitle(spot.node, {})} (${spot.flow})` : '—')
  const { t } = i18n.global
  if (result.expected === null && result.got === null) return half(result.problem)
  return t('flow.case.elsewhere', { step: result.step, expected: place(result.expected), got: place(result.got) })
}
