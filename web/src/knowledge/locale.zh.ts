export default {
  knowledge: { find: '搜索知识：医保、检查须知、门诊时间…', none: '没有找到。换个说法，或减少几个字。', hits: '搜索结果', read: '阅读', choose: '选择左侧的条目阅读。', answer: '标准答复', manage: '查看与修订', version: '第 {n} 版', until: '有效期至 {day}', open: '知识库', shelf: '分类', every_shelf: '全部', compare: '版本对比', older: '较早的文本', newer: '较新的文本', in_hand: '正在编辑的文本', no_change: '两处文本相同。', seen: '通话中查阅的知识', as_it_was: '当时的答复', print: '打印', old: '这是第 {n} 版，已不是现行内容。', to_current: '看现行版本' },
}
