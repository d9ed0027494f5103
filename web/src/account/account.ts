/** One's own account: what the server tells and takes. Secrets and recovery codes live in the page that shows them, nowhere else. */

import { get, post } from '../shared/api'

export interface Account {
  username: string
  name: string
  second_factor: { on: boolean; since: string | null; recovery_left: number; demanded: boolean }
}

export interface NewSecret {
  secret: string
  uri: string
  qr: string
}

const FACTOR = '/api/account/second-factor'

export const readAccount = (): Promise<Account> => get<Account>('/api/account')
export const changePassword = (current: string, password: string): Promise<void> => post<void>('/api/account/password', { current, password })
export const beginFactor = (password: string): Promise<NewSecret> => post<NewSecret>(FACTOR, { password })
export const confirmFactor = async (code: string): Promise<string[]> => (await post<{ codes: string[] }>(`${FACTOR}/confirm`, { code })).codes
export const renewRecovery = async (password: string): Promise<string[]> => (await post<{ codes: string[] }>(`${FACTOR}/recovery-codes`, { password })).codes
export const turnFactorOff = (password: string): Promise<void> => post<void>(`${FACTOR}/off`, { password })
export const resetFactor = (userId: number | string): Promise<void> => post<void>(`/api/users/${userId}/reset-second-factor`)

/** A secret in groups of four, as it is typed by hand. */
export const grouped = (secret: string): string => secret.replace(/(.{4})(?=.)/g, '$1 ')
