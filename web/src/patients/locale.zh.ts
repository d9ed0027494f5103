export default {
  shelf: { medical: '诊疗', person: '个人与同意', service: '服务记录', appointments: '预约', none: '还没有：' },
  timeline: { member: '入会申请', message: '留言', all: '全部', today: '今天', yesterday: '昨天', visit: '就诊', call: '通话', call_record: '通话', voice_message: '留言', callback_request: '回电', text_message: '短信', order: '医嘱', medical_order: '医嘱', medication: '用药', examination: '检查', laboratory: '检验', laboratory_result: '检验', treatment: '治疗', diagnosis: '诊断', fee: '费用', follow_up: '随访', follow_up_task: '随访', complaint: '投诉', enquiry: '咨询', inquiry: '咨询', appointment: '预约', consent: '同意', to_do: '待办', event_invitation: '活动' },
  timeline_state: { voice_message: { open: '未处理', handled: '已处理' }, values: '# 项', visit: { outpatient: '门诊', inpatient: '住院', in_hospital: '住院中' }, examination: { awaited: '待出报告' }, medication: { ended: '已停', taking: '在用' }, fee: { open: '有欠费', paid: '已结清' } },
  wish: {
    comma: '、', reached: '联系偏好', refused: '未同意',
    topic: { appointments: '可听预约', booking: '可代预约', fees: '可听费用', results: '可听报告进度', reminders: '可听健康提醒' },
    purpose: { follow_up: '随访', education: '健康宣教', satisfaction: '满意度调查', marketing: '服务推介', research: '科研', data_sharing: '资料共享' },
    channel: { phone: '电话', sms: '短信', wechat: '微信', email: '邮件', letter: '信件' },
  },
}
