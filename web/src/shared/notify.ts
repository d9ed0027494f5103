/** Desktop notices and the words for a refusal. A notice appears only while the page is hidden and never names a patient's number. */

import { ElMessage, ElNotification } from 'element-plus'

import { Problem } from './api'
import { i18n, language } from './i18n'
import { inChinese, ruleWords } from './rules'

let open: Notification | null = null

export function askForNotices(): void {
  if ('Notification' in window && Notification.permission === 'default') void Notification.requestPermission()
}

export function notice(title: string, body: string): void {
  closeNotice()
  if (!document.hidden || !('Notification' in window) || Notification.permission !== 'granted') return
  open = new Notification(title, { body, requireInteraction: true, icon: '/favicon.svg' })
  open.onclick = () => {
    window.focus()
    closeNotice()
  }
}

export function closeNotice(): void {
  open?.close()
  open = null
}

/** The server says what people should read in English; its titles are stable, so the usual ones are said in the chosen language. */
function inOurWords(wrong: Problem): string {
  const key = `problem.by.${wrong.title.replaceAll(' ', '_')}`
  const telling = wrong.title === 'invalid input' && !/\brules?\b|^$/.test(wrong.detail)
  return !telling && i18n.global.te(key) ? i18n.global.t(key) + firstRule(wrong) : ''
}

/** The rule that is broken, where it can be said in the reader's language. */
function firstRule(wrong: Problem): string {
  const first = wrong.title === 'invalid input' ? wrong.errors[0] : undefined
  return first && (language() === 'en' || inChinese(first.rule)) ? ` ${ruleWords(first)}` : ''
}

/** What went wrong, for a person: the server's own words, or that there was no answer. */
export function problemWords(wrong: unknown): string {
  const { t } = i18n.global
  if (!(wrong instanceof Problem)) return t('problem.unknown')
  if (wrong.status === 401) return t('login.ended')
  if (wrong.status === 0) return t('problem.no_answer')
  if (wrong.status === 403) return t('problem.forbidden')
  if (wrong.status === 404) return t('problem.not_found')
  return inOurWords(wrong) || (language() !== 'en' && inChinese(wrong.detail)) || wrong.detail || wrong.title
}

/** A session that has ended is told by the login page, once. */
export function tellProblem(wrong: unknown): void {
  if (!(wrong instanceof Problem && wrong.status === 401)) tellRefusal(problemWords(wrong))
}

export function tellRefusal(text: string): void {
  ElMessage({ type: 'error', message: text, grouping: true, duration: 5000, showClose: true })
}

export function tellDone(text: string): void {
  ElMessage({ type: 'success', message: text, grouping: true, duration: 2500 })
}

/** Something came for this person: below on the left, where neither the call nor the work stands. A click leads there. */
export function tellNews(title: string, message: string, pressing: boolean, go: () => void): void {
  const note = ElNotification({
    title, message, type: pressing ? 'warning' : 'info', position: 'bottom-left', duration: pressing ? 12_000 : 6000, customClass: 'news',
    onClick: () => {
      note.close()
      go()
    },
  })
}
