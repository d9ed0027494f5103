import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterEach, describe, expect, it } from 'vitest'

import { Problem } from '../src/shared/api'
import { i18n } from '../src/shared/i18n'
import { problemWords } from '../src/shared/notify'
import { inChinese, ruleWords } from '../src/shared/rules'

/** What people write in forms is refused here; addresses of lists, files and machines have words of their own. */
const ELSEWHERE = /store\.py|store_ask|timeline|calls|transfer|prompts|export|anchors/
const RULE = /\b(?:InvalidValue|refused|Wrong)\((?:"[^"]*"|[\w.[\]]+(?: if [^,]*)?), f?"([^"]*)"/g

function rules(): { file: string; rule: string }[] {
  const root = join(import.meta.dirname, '../../crm')
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.py') && !ELSEWHERE.test(name))
  return files.flatMap((file) => [...readFileSync(join(root, file), 'utf8').matchAll(RULE)].map((found) => ({ file, rule: (found[1] ?? '').replace(/\{[^}]*\}/g, '7') })))
}

describe('rules of the server', () => {
  afterEach(() => void (i18n.global.locale.value = 'zh-CN'))
  it('have Chinese words, each of them', () => {
    expect(rules().length).toBeGreaterThan(60)
    expect(rules().filter(({ rule }) => inChinese(rule) === '')).toEqual([])
  })
  it('are said with their figures', () => {
    expect(inChinese('has 10 to 200 characters')).toBe('应为 10 到 200 个字符。')
    expect(inChinese('is at most what the member has: 40')).toBe('积分不够，现有 40 分。')
    expect(inChinese('is at most 40')).toBe('不能大于 40。')
    expect(inChinese('cardiology is no department')).toBe('所选的内容不存在，请重新选择。')
    expect(inChinese('is something new')).toBe('')
  })
  it('are never hidden, and in English make a sentence with the field', () => {
    const rule = { rule: 'is something new', mend: 'look' }
    expect(ruleWords(rule)).toBe('is something new; look')
    i18n.global.locale.value = 'en'
    expect(ruleWords({ rule: 'is needed', mend: 'fill it in' }, 'Name')).toBe('Name is needed; fill it in')
  })
  it('are told of a whole request that is refused', () => {
    const wrong = (rule: string): Problem => new Problem(422, 'invalid input', '1 value(s) break a rule.', [{ field: 'items.7.sort', rule, mend: 'm' }])
    expect(problemWords(wrong('is at most 9'))).toBe('有内容不符合要求，请检查后重试。 不能大于 9。')
    expect(problemWords(wrong('is something new'))).toBe('有内容不符合要求，请检查后重试。')
    expect(problemWords(new Problem(409, 'conflict', 'this merge was undone already'))).toBe('这次合并已经撤销过了。')
  })
})
