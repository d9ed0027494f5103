/** Tokens of machines over HTTP, and what the page says of one. Shapes: docs/crm.md, "Tokens for machines". */

import { get, post, send } from '../shared/api'

export interface Token {
  id: number
  title: string
  user: { id: number; name: string }
  rights: string[]
  created_at: string
  expires_at: string
  used_at: string | null
  ended_at: string | null
}

export type MadeToken = Token & { token: string }

export interface TokenWish {
  title: string
  user_id?: number
  rights: string[]
  expires_at: string
}

export const LONGEST_DAYS = 730
const DAY_MS = 86_400_000

export const readTokens = (): Promise<Token[]> => get<{ items: Token[] }>('/api/api-tokens').then((answer) => answer.items)
export const makeToken = (wish: TokenWish): Promise<MadeToken> => post<MadeToken>('/api/api-tokens', wish)
export const endToken = (id: number): Promise<void> => send<void>('DELETE', `/api/api-tokens/${id}`)

export type TokenState = 'active' | 'soon' | 'expired' | 'ended'

/** `soon`: whoever uses it should get a new one within two weeks. */
export function tokenState(token: Token, now: number): TokenState {
  if (token.ended_at !== null) return 'ended'
  const left = Date.parse(token.expires_at) - now
  if (left <= 0) return 'expired'
  return left < 14 * DAY_MS ? 'soon' : 'active'
}

export const inDays = (now: number, days: number): string => new Date(now + days * DAY_MS).toISOString()

/** A line for the shell that shows the token works. */
export const curlLine = (origin: string, token: string): string => `curl -H "Authorization: Bearer ${token}" ${origin}/api/session`
