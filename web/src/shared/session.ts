/**
 * Who is signed in.
 * In: /api/session and /api/login. Out: a reactive session, rights questions, the hospital's zone. Keeps nothing in the browser but the language.
 */

import { computed, reactive } from 'vue'

import { get, post, Problem, useCsrf } from './api'
import { setLanguage } from './i18n'
import type { Right, Session } from './types'

const state = reactive<{ current: Session | null; restored: boolean }>({ current: null, restored: false })

function accept(session: Session): void {
  state.current = session
  useCsrf(session.csrf)
  if (localStorage.getItem('language') === null) setLanguage(session.user.language === 'en' ? 'en' : 'zh-CN', false)
}

/** The session behind the cookie, asked once. Raises Problem when the server does not answer. */
export async function restore(): Promise<Session | null> {
  if (state.restored) return state.current
  try {
    accept(await get<Session>('/api/session'))
  } catch (wrong) {
    if (!(wrong instanceof Problem) || wrong.status !== 401) throw wrong
  }
  state.restored = true
  return state.current
}

/** `code`: of the second step, once the server asks for it. */
export async function login(username: string, password: string, code = ''): Promise<void> {
  accept(await post<Session>('/api/login', code === '' ? { username, password } : { username, password, code }))
  state.restored = true
}

/** The session as the server sees it now. */
export async function again(): Promise<void> {
  accept(await get<Session>('/api/session'))
}

export async function logout(): Promise<void> {
  await post('/api/logout')
  forget()
}

export function forget(): void {
  state.current = null
  useCsrf('')
}

export function useSession() {
  const session = computed(() => state.current)
  const zone = computed(() => state.current?.hospital.timezone ?? 'Asia/Shanghai')
  const may = (...rights: Right[]): boolean => rights.some((right) => state.current?.user.rights.includes(right) ?? false)
  /** An administrator who is nothing else has no telephone on his pages. */
  const takesCalls = computed(() => may('desk.use') && (state.current?.user.roles ?? []).some((role) => role !== 'admin'))
  return { session, zone, may, takesCalls }
}
