export default {
  conduct: {
    nav: '医风举报', anonymous: '匿名', anonymous_lead: '来电人走了匿名流程：号码、身份和此前的录音都已删除', lead: '举报人的号码和通话录音都已删除。举报内容经加密保存，只有持口令的监督员能打开；每次收听都有审计记录。',
    all: '全部', received: '已收到', inquiry: '调查中', closed: '已办结',
    passphrase: '您的口令', passphrase_lead: '口令只在本页使用，离开即忘，服务器不保存。', lock: '锁定', unlock: '解锁', unlocked: '已解锁，离开本页即锁定',
    no_key: '您还没有密钥，新的举报不会为您加密', key_lead: '请设定一句不少于 12 个字符的口令。口令无法找回：忘记口令后，只为您加密的举报将永远无法打开。',
    new_passphrase: '新口令', again: '再输入一次', not_same: '两次输入不一致', too_short: '口令至少 12 个字符', make_key: '生成密钥', new_key: '更换密钥', key_made: '密钥已生成，从现在起收到的举报您都能打开',
    key_change_lead: '更换后，新举报用新口令打开，此前的举报仍用原口令。', officers: '现在能打开新举报的监督员', nobody: '还没有监督员设定密钥，电话线路此时不接受举报。',
    open: '打开收听', opening: '正在打开…', report: '举报 {n}', first_heard: '首次收听 {at}', asked: '举报人查询过 {at}', never_asked: '举报人尚未查询',
    state: '状态', answer: '给举报人的答复（拨打热线输入查询码时播报）', note: '内部记录（只有监督员可见）', save: '保存', saved: '已保存', none: '没有举报。患者拨打热线按 9 即可匿名举报。', spoken: '语言 {language}', zh: '中文', en: '英文',
  },
  hours: {
    title: '服务时间', normal: '正常', night: '夜间模式', emergency: '应急停诊', ask_night: '切换到夜间模式？新来电和正在听菜单的患者立即听到下班提示；排队、通话和留言不受影响。', ask_emergency: '切换到应急停诊？新来电和正在听菜单的患者立即听到应急公告；排队、通话和留言不受影响。', ask_normal: '恢复正常服务时间？',
    note: '原因（记入审计）', now: '{mode}，{by} {at} 切换', done: '已切换：{mode}', confirm: '切换', cancel: '取消',
  },
}
