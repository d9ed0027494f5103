/** Refusals of sounds and texts in the words of the chosen language; the server writes both, Chinese first. */

import { Problem } from '../shared/api'
import { language } from '../shared/i18n'
import { problemWords } from '../shared/notify'

/** "中文 / English" -> the half that is read here. */
export function half(text: string): string {
  const [zh, ...rest] = text.split(' / ')
  const en = rest.join(' / ')
  if (en === '' || !/[\u4e00-\u9fff]/.test(zh ?? '')) return text
  return language() === 'en' ? en : (zh ?? '')
}

export function refusalWords(wrong: unknown): string {
  const first = wrong instanceof Problem ? wrong.errors[0] : undefined
  if (first === undefined) return half(problemWords(wrong))
  return [half(first.rule), half(first.mend)].filter((one) => one !== '').join(language() === 'en' ? ': ' : '：')
}
