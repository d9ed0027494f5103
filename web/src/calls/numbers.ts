/** Whole numbers for somebody who looks at a masked one; the server writes down that he did. */

import { post } from '../shared/api'

const whole = (path: string) => (): Promise<string> => post<{ number: string }>(path).then((answer) => answer.number)

export const callNumber = (id: number | string): (() => Promise<string>) => whole(`/api/call-records/${id}/number`)
export const messageNumber = (id: string): (() => Promise<string>) => whole(`/api/messages/${encodeURIComponent(id)}/number`)
