/** All texts: those of the shell, and those that each part brings in its own `locale.zh.ts` and `locale.en.ts`. */

import englishShell from '../locales/en.json'
import chineseShell from '../locales/zh-CN.json'

type Texts = Record<string, unknown>
const chineseParts = import.meta.glob<Texts>('../*/locale.zh.ts', { eager: true, import: 'default' })
const englishParts = import.meta.glob<Texts>('../*/locale.en.ts', { eager: true, import: 'default' })
const joined = <T extends object>(shell: T, parts: Record<string, Texts>): T => Object.assign({}, shell, ...Object.values(parts)) as T

export const zh = joined(chineseShell, chineseParts)
export const en = joined(englishShell, englishParts)
