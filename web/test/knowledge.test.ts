import { describe, expect, it } from 'vitest'

import { compared } from '../src/knowledge/compare'
import { pieces, soughtIn } from '../src/knowledge/marks'

const marked = (text: string, words: string): string => pieces(text, words).map((one) => (one.hit ? `[${one.text}]` : one.text)).join('')

describe('sought words in a text', () => {
  it.each([
    ['高血压患者每天量血压', '血压', '高[血压]患者每天量[血压]'],
    ['MRI 检查须知', 'mri', '[MRI] 检查须知'],
    ['胃镜检查前禁食', '做胃镜要禁食吗', '[胃镜]检查前[禁食]'],
    ['异地医保直接结算', '医保 异地', '[异地医保]直接结算'],
    ['停车场', '胃镜', '停车场'],
    ['a+b (c)', '(c)', 'a+b [(c)]'],
    ['', '胃镜', ''],
    ['没有要找的', '', '没有要找的'],
  ])('%s / %s', (text, words, shown) => expect(marked(text, words)).toBe(shown))
  it('is the phrase as long as it stands there', () => expect(soughtIn('血压计与血压', '血压')).toEqual(['血压']))
})

describe('two versions of a text', () => {
  it('shows what was taken out and what was added', () =>
    expect(compared('检查前禁食6小时。', '检查前禁食8小时、禁水4小时。')).toEqual([
      { kind: 'same', text: '检查前禁食' }, { kind: 'gone', text: '6' }, { kind: 'new', text: '8' }, { kind: 'same', text: '小时' },
      { kind: 'new', text: '、禁水4小时' }, { kind: 'same', text: '。' },
    ]))
  it('gives both texts back whole', () => {
    const [before, after] = ['门诊时间：周一至周五 8:00–17:00\n急诊全天', '门诊时间：周一至周六 8:00–12:00\n急诊全天开放']
    const changes = compared(before, after)
    expect(changes.filter((one) => one.kind !== 'new').map((one) => one.text).join('')).toBe(before)
    expect(changes.filter((one) => one.kind !== 'gone').map((one) => one.text).join('')).toBe(after)
  })
  it('compares a long text by sentences', () => {
    const long = Array.from({ length: 400 }, (_, n) => `第${n}条规定。`).join('')
    expect(compared(long, long.replace('第7条规定。', '第7条作废。')).filter((one) => one.kind !== 'same')).toEqual([{ kind: 'gone', text: '第7条规定。' }, { kind: 'new', text: '第7条作废。' }])
  })
})
