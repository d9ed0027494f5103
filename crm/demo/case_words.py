"""Complaints, enquiries and to-dos of the invented hospital: what was said, by whom, what became of it. Data only.

In: nothing. Out: tuples. Must not hold a real person. Invariant: what is answered or closed has its result.
"""

from __future__ import annotations

# kind, subject, what was said, state, department, channel, result
COMPLAINTS: tuple[tuple[str, str, str, str, str, str, str], ...] = (
    ("complaint", "候诊时间过长", "预约9点的号，11点才叫到，没有人解释。", "handling", "cardiology", "phone", ""),
    ("complaint", "收费窗口态度差", "询问退费流程时工作人员不耐烦，让自己去看墙上的说明。", "new", "", "phone", ""),
    ("suggestion", "建议增加自助机", "门诊一楼自助机排队长，高峰时等二十分钟。", "answered", "", "wechat",
    "已增设两台自助机，十二月投入使用，并安排导医引导。"),
    ("praise", "感谢心内科护士", "住院期间护士照顾周到，夜里多次来看，特来致谢。", "closed", "cardiology", "letter", "已转达科室并在院内通报表扬。"),
    ("complaint", "停车场找不到车位", "早上绕了四十分钟没有车位，耽误了空腹抽血。", "handling", "", "phone", ""),
    ("dispute", "术后并发症异议", "家属认为术前告知不充分，要求复印全部病历。", "handling", "general_surgery", "visit", ""),
    ("complaint", "电话一直占线", "上周三下午拨打热线五次未接通。", "closed", "", "voice_message",
    "当日话务高峰，已致歉并调整周三下午排班，患者表示理解。"),
    ("suggestion", "建议开设周末儿科夜诊", "孩子夜间发热就医不便，希望周末晚上有儿科门诊。", "new", "paediatrics", "web", ""),
    ("complaint", "检查报告未按时出具", "约定第二天取磁共振报告，去了三次都没有。", "answered", "neurology", "phone",
    "设备检修导致积压，报告已加急出具并快递到家，免除快递费。"),
    ("complaint", "费用明细看不懂", "住院清单上有三项重复的护理费，没有人解释。", "closed", "orthopaedics", "visit",
    "核对为两个病区转科前后各计一次，已当面逐项说明并更正一项误收，退款120元。"),
    ("complaint", "医生解释病情过快", "看病不到三分钟，问用药注意事项没有回答。", "handling", "endocrinology", "phone", ""),
    ("suggestion", "化验结果希望短信通知", "老人不会用公众号，希望出结果发短信。", "answered", "", "phone", "短信通知功能已在测试，预计年底上线。"),
    ("praise", "表扬导医台志愿者", "带老人做完全部检查，非常耐心。", "closed", "", "phone", "已转达志愿者服务队。"),
    ("media", "短视频反映急诊等候", "网友发布急诊大厅排队视频，播放量约三万。", "handling", "", "media", ""),
    ("complaint", "退号未及时退款", "停诊后退号，一周没有收到退款。", "closed", "dermatology", "wechat", "退款因银行卡变更退回，已重新办理并到账。"),
    ("complaint", "病房夜间吵闹", "邻床家属夜里大声打电话，护士站没有制止。", "answered", "respiratory", "phone",
    "护士长已到床旁说明探视制度，当晚为患者调换病房。"),
)
SATISFIED = (5, 4, 5, 3, 4)

# subject, question, department, gender, youngest, oldest, answer
INQUIRIES: tuple[tuple[str, str, str, str, int, int, str], ...] = (
    ("糖尿病患者能否打流感疫苗", "血糖控制稳定，能否接种流感疫苗？", "endocrinology", "", 40, 85,
    "血糖平稳、近期无感染发热即可接种，接种当天多测一次血糖。"),
    ("支架术后能否做磁共振", "三个月前放了支架，医生让做头颅磁共振。", "cardiology", "", 45, 90,
    "所用支架可以做1.5T和3.0T磁共振，检查时出示植入卡。"),
    ("异地医保备案如何办理", "户口在外地，准备来院手术，怎样直接结算？", "", "", 25, 80, "请在国家医保服务平台备案，选择安和市，住院可直接结算。"),
    ("孕16周能否坐飞机", "需要出差，单程两小时。", "obstetrics", "female", 21, 42, "无出血、腹痛等情况可以乘机，途中系好安全带并适当走动。"),
    ("化疗后白细胞低怎么办", "化疗第9天，白细胞2.1，没有发热。", "oncology", "", 40, 80,
    "请当日到肿瘤科门诊复查，遵医嘱使用升白药物；体温超过38度立即急诊。"),
    ("甲状腺结节多久复查", "体检彩超3类结节，需要手术吗？", "endocrinology", "", 25, 75, "3类结节一般半年至一年复查彩超，不需要手术。"),
    ("孩子退烧后还咳嗽", "退烧三天，夜里咳嗽明显，要不要再来看？", "paediatrics", "", 0, 12, "精神好、无气促可继续观察，超过一周或有喘息请复诊。"),
    ("膝关节置换住院几天", "想了解住院时间、费用和医保报销。", "orthopaedics", "", 55, 85,
    "一般住院7至10天，单膝总费用约四至五万元，职工医保报销约七成。"),
    ("胃镜前能否吃降压药", "后天上午胃镜，平时早上吃降压药。", "gastroenterology", "", 40, 85, "可用一小口水送服降压药；抗凝药请先咨询开药医生。"),
    ("带状疱疹疫苗接种", "60岁，得过带状疱疹，还需要打疫苗吗？", "dermatology", "", 50, 85, "痊愈一年后可以接种，两剂间隔两个月，需要预约。"),
)

# what is to be done, why, department
TO_DOS: tuple[tuple[str, str, str], ...] = (
    ("回电确认检查时间", "患者询问磁共振能否改到下午，检查室尚未答复。", "neurology"),
    ("发送复查提醒短信", "支架术后一个月复查，请发短信并确认收到。", "cardiology"),
    ("核实联系电话", "随访两次为空号，请向家属核实新号码。", ""), ("联系家属说明出院用药", "出院带药四种，家属对抗凝药用法有疑问。", "cardiology"),
    ("补登记过敏史", "来电说明青霉素过敏，请登记并通知科室。", ""), ("跟进住院押金疑问", "押金退款未到账，请与财务核对。", "general_surgery"),
    ("通知停诊并改约", "何淑芬主任周三下午停诊，请改约周五上午。", "endocrinology"), ("邮寄检查报告", "报告已出，患者要求邮寄到付。", "respiratory"),
    ("协助办理慢病证", "材料已齐，指导到医保窗口办理。", "endocrinology"),
    ("预约产后复查", "产后42天，请预约产科门诊并提醒带母子手册。", "obstetrics"),
)
DONE = ("已电话联系，患者知晓。", "短信已送达。", "已核实并更新档案。", "家属已了解，无其他问题。")
REMINDERS = ("下午三点科室例会", "给昨天未接通的患者再打一次", "核对今天停诊通知名单", "提交上周随访小结")
