/**
 * The one place that speaks HTTP to the server.
 * Out: JSON of the answer. A refusal is a `Problem` (RFC 9457) with the fields named; no answer at all is a `Problem` of status 0.
 * Carries the CSRF token on every change; calls `onSignedOut` when the login session is gone.
 */

import { language } from './i18n'

export interface FieldError {
  field: string
  rule: string
  mend: string
}

export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    readonly errors: FieldError[] = [],
    readonly retryAfterS = 0,
    readonly body: Record<string, unknown> = {},
  ) {
    super(`${status} ${title}`)
  }
}

const REQUEST_TIMEOUT_MS = 10_000

let csrf = ''
let onSignedOut = (): void => undefined
let skewMs = 0

export function useCsrf(token: string): void {
  csrf = token
}

export function whenSignedOut(handler: () => void): void {
  onSignedOut = handler
}

/** The server's clock as far as its answers tell; a wrong clock on the desk must not bend timers. */
export function serverNow(): number {
  return Date.now() + skewMs
}

function learnSkew(response: Response): void {
  const date = response.headers.get('date')
  if (date === null) return
  const difference = Date.parse(date) + 500 - Date.now()
  skewMs = Math.abs(difference) > 3000 ? difference : 0
}

async function asProblem(response: Response): Promise<Problem> {
  const body = (await response.json().catch(() => ({}))) as Partial<Problem>
  const retryAfter = Number(response.headers.get('retry-after') ?? 0)
  return new Problem(response.status, body.title ?? response.statusText, body.detail ?? '', body.errors ?? [], retryAfter, { ...body })
}

export async function send<T>(method: string, path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json', 'X-Language': language() === 'en' ? 'en' : 'zh' }
  if (body !== undefined) headers['Content-Type'] = 'application/json'
  if (method !== 'GET' && csrf !== '') headers['X-CSRF-Token'] = csrf
  const init: RequestInit = { method, headers, credentials: 'same-origin', signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) }
  if (body !== undefined) init.body = JSON.stringify(body)
  let response: Response
  try {
    response = await fetch(path, init)
  } catch {
    throw new Problem(0, 'no answer', '')
  }
  learnSkew(response)
  if (response.status === 401 && path !== '/api/login' && path !== '/api/session') onSignedOut()
  if (!response.ok) throw await asProblem(response)
  const text = await response.text()
  return (text === '' ? undefined : JSON.parse(text)) as T
}

/** Whether the login session still stands, asked by who lost the server without being told why. */
export async function checkSession(): Promise<void> {
  const response = await fetch('/api/session', { credentials: 'same-origin', signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) }).catch(() => null)
  if (response?.status === 401) onSignedOut()
}

export const get = <T>(path: string): Promise<T> => send<T>('GET', path)
export const post = <T>(path: string, body: unknown = {}): Promise<T> => send<T>('POST', path, body)

/** The answer's bytes, which nothing keeps: for sound that is opened for this moment. */
export async function postForBlob(path: string, body: unknown): Promise<Blob> {
  const headers = { 'Content-Type': 'application/json', 'X-CSRF-Token': csrf }
  const init: RequestInit = { method: 'POST', headers, credentials: 'same-origin', cache: 'no-store', body: JSON.stringify(body), signal: AbortSignal.timeout(3 * REQUEST_TIMEOUT_MS) }
  const response = await fetch(path, init).catch(() => null)
  if (response === null) throw new Problem(0, 'no answer', '')
  if (response.status === 401) onSignedOut()
  if (!response.ok) throw await asProblem(response)
  return response.blob()
}

/** `path` with the filled-in values of `query`. */
export function withQuery(path: string, query: Record<string, string | number | null | undefined>): string {
  const filled = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== '')
  const words = new URLSearchParams(filled.map(([key, value]) => [key, String(value)]))
  return filled.length === 0 ? path : `${path}?${words}`
}
