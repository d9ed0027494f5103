/** Times, durations and numbers as people say them. Pure: the moment, zone and language come in as arguments. */

export type Language = 'zh-CN' | 'en'

const DAY_MS = 86_400_000

/** 135 -> 02:15; 3735 -> 1:02:15. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  const pad = (value: number): string => String(value).padStart(2, '0')
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)]
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(whole % 60)}` : `${pad(minutes)}:${pad(whole % 60)}`
}

/** As dialled inside the country: a landline written internationally gets its 0 back. */
function nationalPart(number: string): string {
  const digits = number.replace(/^(\+|00)86/, '').replace(/[^0-9+*]/g, '')
  const international = /^(\+|00)86/.test(number)
  return international && digits.length >= 9 && !/^(0|1\d{10}$)/.test(digits) ? `0${digits}` : digits
}

/** 13800138000 -> 138 0013 8000; +8601062345678 -> 010 6234 5678. */
export function phone(number: string): string {
  if (number.includes('*')) return number
  const digits = nationalPart(number)
  if (/^1\d{10}$/.test(digits)) return digits.replace(/(\d{3})(\d{4})(\d{4})/, '$1 $2 $3')
  if (/^0(10|2\d)\d{8}$/.test(digits)) return digits.replace(/(\d{3})(\d{4})(\d{4})/, '$1 $2 $3')
  if (/^0\d{3}\d{7,8}$/.test(digits)) return digits.replace(/(\d{4})(\d{4})(\d+)/, '$1 $2 $3')
  return digits
}

/** 13800138000 -> 138****8000; shorter numbers keep their first and last two digits. */
export function maskedPhone(number: string): string {
  const digits = nationalPart(number)
  if (digits.length >= 10) return `${digits.slice(0, 3)}****${digits.slice(-4)}`
  return digits.length > 4 ? `${digits.slice(0, 2)}***${digits.slice(-2)}` : digits
}

/** The calendar day in `zone`, as 2026-11-22. */
export function dayIn(zone: string, at: number): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(at)
}

function clockIn(zone: string, at: number): string {
  return new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit' }).format(at)
}

/** The first instant of calendar day `day` in `zone`, as ISO UTC. */
export function dayStart(day: string, zone: string): string {
  const utc = Date.parse(`${day}T00:00:00Z`)
  const parts = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(utc)
  const [hours = 0, minutes = 0] = parts.split(':').map(Number)
  const shift = (hours * 60 + minutes) * 60_000
  const ahead = dayIn(zone, utc) === day
  return new Date(ahead ? utc - shift : utc + DAY_MS - shift).toISOString()
}

export const nextDay = (day: string): string => new Date(Date.parse(`${day}T00:00:00Z`) + DAY_MS).toISOString().slice(0, 10)

/** 今天 14:05, 昨天 09:12, 明天 08:00, 11-15 08:00, 2025-11-15. */
export function moment(iso: string, zone: string, language: Language, now: number): string {
  const at = Date.parse(iso)
  if (Number.isNaN(at)) return ''
  const day = dayIn(zone, at)
  const clock = clockIn(zone, at)
  if (day === dayIn(zone, now)) return `${language === 'en' ? 'Today' : '今天'} ${clock}`
  if (day === dayIn(zone, now - DAY_MS)) return `${language === 'en' ? 'Yesterday' : '昨天'} ${clock}`
  if (day === dayIn(zone, now + DAY_MS)) return `${language === 'en' ? 'Tomorrow' : '明天'} ${clock}`
  if (day.slice(0, 4) === dayIn(zone, now).slice(0, 4)) return `${day.slice(5)} ${clock}`
  return day
}

/** 2026-11-22: 今天, 昨天, 明天, else the day as it is written. */
export function dayWords(day: string, zone: string, language: Language, now: number): string {
  const near = [DAY_MS, 0, -DAY_MS].findIndex((away) => dayIn(zone, now - away) === day)
  const words = language === 'en' ? ['Yesterday', 'Today', 'Tomorrow'] : ['昨天', '今天', '明天']
  return words[near] ?? day
}

/** 2026-11-22 14:05:09 in `zone`: nothing left out. */
export function wholeMoment(iso: string, zone: string): string {
  const at = Date.parse(iso)
  return Number.isNaN(at) ? '' : `${dayIn(zone, at)} ${clockSeconds(iso, zone)}`
}

/** 14:05:09 in `zone`. */
export function clockSeconds(iso: string, zone: string): string {
  return new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(Date.parse(iso))
}

/** 93 of 100 -> 93%; nothing to divide -> a dash. */
export function share(part: number, whole: number): string {
  return whole > 0 ? `${Math.round((100 * part) / whole)}%` : '–'
}

/** Seconds from `iso` to `now`, never negative; 0 without a moment. */
export function secondsSince(iso: string | null | undefined, now: number): number {
  const at = Date.parse(iso ?? '')
  return Number.isNaN(at) ? 0 : Math.max(0, (now - at) / 1000)
}
