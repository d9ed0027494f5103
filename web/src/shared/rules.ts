/**
 * The server's rules in the reader's language. The server says each rule once, in English, as the rest of a sentence that begins with the field
 * ("is at most 80"); here every such sentence has its Chinese words, which also say the way out. `{1}` is what stands at the first `{}`.
 * Invariant: a rule without Chinese words is shown as the server says it, never hidden. Order matters: the narrower pattern comes first.
 */

import type { FieldError } from './api'
import { language } from './i18n'

const CHINESE: readonly (readonly [string, string])[] = [
  ['is needed for this step', '这一步需要填写这一项。'],
  ['is needed', '请填写这一项。'],
  ['has the form {}', '格式不对，应像 {1} 这样。'],
  ['is zh or en', '请选择中文或英文。'],
  ['is any, am or pm', '请选择全天、上午或下午。'],
  ['is male, female or empty', '请选择男、女，或留空。'],
  ['is one of the known reasons', '请选择原因。'],
  ['is one of {}', '不在可选值中，请重新选择。'],
  ['are one or more of {}', '请至少选择一个现有的角色。'],
  ['is at least {}', '不能小于 {1}。'],
  ['is at most what the member has: {}', '积分不够，现有 {1} 分。'],
  ['is at most {}', '不能大于 {1}。'],
  ['is text', '应为文字。'],
  ['holds no control characters', '含有看不见的控制字符，请删除后重新输入。'],
  ['has at most {} characters', '最多 {1} 个字，请缩短。'],
  ['has at most {} entries', '最多 {1} 项，请减少。'],
  ['has 2 to 40 of a-z 0-9 . _ - and begins with a letter or digit', '由 2 到 40 个小写字母、数字或 . _ - 组成，以字母或数字开头。'],
  ['has {} to {} printable characters', '应为 {1} 到 {2} 个字。'],
  ['has {} to {} characters', '应为 {1} 到 {2} 个字符。'],
  ['is an e-mail address', '应为邮箱地址，如 name@example.com。'],
  ['is an address that begins with http:// or https://', '网址应以 http:// 或 https:// 开头。'],
  ['is a colour such as {}', '颜色应写成 {1} 这样。'],
  ['is a telephone number of 3 to 15 digits', '应为 3 到 15 位的电话号码，固定电话请写区号。'],
  ['has as many digits as such a number has; this has {}', '位数不对：这个号码有 {1} 位，少了或多了一位，请核对。'],
  ['has digits only; here a letter stands among them', '号码中夹着字母，请改成相应的数字（如把 O 改成 0）。'],
  ['has all its digits; Excel has rounded this one', '号码被 Excel 截断了，请重新输入完整号码。'],
  ['is dialled without its extension', '这里只写总机号码，分机请写在备注里。'],
  ['is a whole number up to {}, not 0', '应为整数，不能为 0，最多 {1}。'],
  ['is a whole number', '应为整数。'],
  ['is a number', '应为数字，最多一个小数点。'],
  ['has too many decimals', '小数位太多，请四舍五入。'],
  ['is true or false', '请选择是或否。'],
  ['is a day of the calendar', '没有这一天，请写成 1963-05-08 这样。'],
  ['is a moment', '应为日期和时间。'],
  ['is a time of the day', '应为时间，如 08:30。'],
  ['is a time zone such as {}', '没有这个时区，应像 {1} 这样。'],
  ['is a list', '应为几项内容。'],
  ['is no field of this thing', '没有这一项。'],
  ['cannot be written', '这一项不能填写。'],
  ['does not belong to this move', '这一步不能填写这一项。'],
  ['is set once and stays', '建立之后不能再改。'],
  ['was sent as it is shown masked', '隐藏了一部分的内容不能原样保存，请先显示完整内容，或换成新的。'],
  ['lies outside what you may administer', '超出您能管理的范围，请选择自己的科室。'],
  ['are 1 to {}', '一次最多 {1} 条，请少选一些。'],
  ['refers to something that is not there', '所选的内容已经不在了，请重新选择。'],
  ['breaks a rule of this thing', '不符合要求，请更正。'],
  ['cannot be stored', '无法保存这个内容，请更正。'],
  ['belongs to another entry', '另一条已经用了，请换一个。'],
  ['gives rights you do not have: {}', '其中有您自己没有的权限，请由有这些权限的人来设置。'],
  ['reaches further than you do: {}', '数据范围比您自己的大，请由范围更大的人来设置。'],
  ['are among your own departments', '只能选择您自己的科室。'],
  ['is somebody who reaches no further than you ({})', '这位用户的数据范围比您的大，请选择别人。'],
  ['would leave nobody who can administer users', '这样就没有人能管理用户了，请先把这项权限给别人。'],
  ['names one that exists', '没有这一个，请重新选择。'],
  ['names a doctor who works here', '请选择在本院出诊的医生。'],
  ['is a doctor who works here', '请选择在本院出诊的医生。'],
  ['is another doctor, for one who is away', '替诊的应是另一位医生。'],
  ['lies ahead, at most {} days', '应在今后 {1} 天之内。'],
  ['is not before the first day, nor past, nor more than {} days later', '不能早于第一天和今天，也不能超过 {1} 天。'],
  ['is not before the first day, nor past', '不能早于第一天，也不能早于今天。'],
  ['is changed in a draft only', '已发布的内容不能直接修改：请先点“修订”，读者仍看到已发布的版本。'],
  ['is not empty', '不能为空。'],
  ['holds a heading row and rows', '文件是空的，请换一个文件。'],
  ['lies in the future', '应晚于今天；不需要时请留空。'],
  ['lies in the next two years', '有效期最长两年，请选择更早的日期。'],
  ['lies between 1880 and today', '应在 1880 年到今天之间，请核对年份。'],
  ['names {}', '请在列出的项目中选择。'],
  ['is another file', '请选择两份不同的档案。'],
  ["belongs to the member's level", '这位会员的等级没有这项权益。'],
  ['may be used {} times a year', '每年最多使用 {1} 次，今年已经用完。'],
  ['is drawn up already', '续签协议已经建好，请打开它。'],
  ['is an event that is still to come', '活动已经举办或取消，请选择另一场。'],
  ['are more than there is room for: {} places', '名额不够：共 {1} 个，请减少同行人数，或先增加名额。'],
  ['finds 1 to {}', '一次可加入 1 到 {1} 位：请先用筛选缩小名单，或勾选其中几位。'],
  ['is an active member', '会员资格还没有生效，请先批准或恢复。'],
  ['names what the points are for, with 1 to 80 characters', '请写明积分的来由，1 到 80 个字。'],
  ['or a contact of a group customer is invited, not both', '患者和团体联系人只能邀请其中一个。'],
  ['has 17 digits and a check digit (0-9 or X)', '身份证号应为 17 位数字加校验位，请核对证件。'],
  ['ends with the check digit that follows from the others', '身份证号的校验位不对：有一位写错，或两位颠倒了，请核对证件。'],
  ['has all its 18 characters; Excel has rounded this one', '身份证号被 Excel 截断了，请对照证件重新输入。'],
  ['holds a date of birth in its digits 7 to 14', '身份证号第 7 到 14 位不是出生日期，请核对证件。'],
  ['is empty while the bed is free', '空床不能填写患者，请用“入住”这一步。'],
  ['is the one that the app shows now', '数字不对，请等下一个数字，并检查手机时间是否准确。'],
  ['is no active user', '请选择在用的用户。'],
  ['are rights that you and the user have ({})', '其中有您或该用户没有的权限，请少选一些。'],
  ['somebody else changed the report meanwhile', '打开之后有人改过，请重新打开。'],
  ['both files have an entry, and only one may stand', '两份档案都有，只能保留一份；请先处理其中一份再合并。'],
  ['{} is no entry of {}', '“{1}”不在字典中，请重新选择。'],
  ['{} is no {}', '所选的内容不存在，请重新选择。'],
  ['somebody changed one of the files meanwhile; look at both again', '打开之后有人改过其中一份档案，请重新核对。'],
  ['this merge was undone already', '这次合并已经撤销过了。'],
  ['file {} was removed or merged since; undo that first', '其中一份档案之后又被删除或合并，请先恢复它。'],
  ['file {} was changed since', '其中一份档案之后有人改过，不能撤销合并。'],
  ['record number {} belongs to another patient', '病案号 {1} 属于另一位患者。'],
  ['reference {} stands for {} points already', '单据 {1} 已经记过 {2} 分。'],
  ['the entry is not removed', '这一条没有被删除。'],
  ['this import has begun; its choices stay as they are', '导入已经开始，不能再改选项。'],
  ['this import is {}; undo it first', '这次导入还没有撤销，请先撤销。'],
  ['this import is {}', '这次导入现在不能这样做，请刷新后再看。'],
  ['this export is {}', '这次导出现在不能下载，请稍后再试。'],
]

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
const TABLE = CHINESE.map(([pattern, words]) => [new RegExp(`^${pattern.split('{}').map(escaped).join('(.+)')}\\.?$`), words] as const)

/** The Chinese words of an English sentence of the server; empty where there are none. */
export function inChinese(sentence: string): string {
  for (const [pattern, words] of TABLE) {
    const found = pattern.exec(sentence)
    if (found) return words.replace(/\{(\d)\}/g, (_, place: string) => found[Number(place)] ?? '')
  }
  return ''
}

/** What is wrong with a field and how to mend it. `title`: the field's name, where the words do not stand beside it. */
export function ruleWords(error: Pick<FieldError, 'rule' | 'mend'>, title = ''): string {
  if (language() === 'en') return [[title, error.rule].filter(Boolean).join(' '), error.mend].filter(Boolean).join('; ')
  const words = inChinese(error.rule)
  const said = words || [error.rule, error.mend].filter(Boolean).join('; ')
  return title ? `${title}：${said}` : said
}
