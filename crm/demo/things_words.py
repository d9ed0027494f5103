"""Words for the invented hospital's things: codes of diseases, laboratory values, services, drugs, rooms, devices. Data only.

In: nothing. Out: tuples and mappings. Must not hold a real person, firm or number. Invariant: every diagnosis of the demo vocabulary has a code.
"""

from __future__ import annotations

ICD: dict[str, tuple[str, str, bool]] = {
    "冠心病支架术后": ("Z95.5", "Coronary stent in place", True), "高血压病2级": ("I10", "Hypertension", True), "心房颤动": ("I48",
    "Atrial fibrillation", True),
    "慢性心力衰竭": ("I50.9", "Chronic heart failure", True), "稳定型心绞痛": ("I20.8", "Stable angina", True),
    "社区获得性肺炎": ("J18.9", "Community-acquired pneumonia", False), "慢性阻塞性肺疾病": ("J44.9", "COPD", True), "支气管哮喘": ("J45.9",
    "Asthma", True),
    "急性支气管炎": ("J20.9", "Acute bronchitis", False), "慢性胃炎": ("K29.5", "Chronic gastritis", False), "胃食管反流病": ("K21.9",
    "Reflux disease", False),
    "结肠息肉切除术后": ("Z86.0", "After removal of colon polyps", False), "消化性溃疡": ("K27.9", "Peptic ulcer", False),
    "脑梗死恢复期": ("I69.3", "Recovery after cerebral infarction", True), "偏头痛": ("G43.9", "Migraine", False), "帕金森病": ("G20",
    "Parkinson's disease", True),
    "失眠症": ("G47.0", "Insomnia", False), "2型糖尿病": ("E11.9", "Type 2 diabetes", True), "甲状腺功能减退": ("E03.9", "Hypothyroidism", True),
    "甲状腺结节": ("E04.1", "Thyroid nodule", False), "高尿酸血症": ("E79.0", "Hyperuricaemia", True), "慢性肾脏病3期": ("N18.3",
    "Chronic kidney disease 3", True),
    "肾病综合征": ("N04.9", "Nephrotic syndrome", True), "尿路感染": ("N39.0", "Urinary tract infection", False),
    "肺癌术后化疗": ("C34.9", "Lung cancer", True), "乳腺癌术后复查": ("C50.9", "Breast cancer", True), "结直肠癌术后": ("C19",
    "Colorectal cancer", True),
    "胆囊结石术后": ("K80.2", "Gallstones", False), "急性阑尾炎术后": ("K35.8", "Appendicitis", False), "腹股沟疝": ("K40.9", "Inguinal hernia",
    False),
    "腰椎间盘突出症": ("M51.2", "Lumbar disc herniation", False), "桡骨远端骨折": ("S52.5", "Fracture of the radius", False),
    "膝骨关节炎": ("M17.9", "Knee arthrosis", True), "颈椎病": ("M47.8", "Cervical spondylosis", False), "良性前列腺增生": ("N40",
    "Prostatic hyperplasia", True),
    "肾结石": ("N20.0", "Kidney stone", False), "膀胱炎": ("N30.9", "Cystitis", False), "子宫肌瘤": ("D25.9", "Uterine fibroids", False),
    "多囊卵巢综合征": ("E28.2", "Polycystic ovaries", True), "慢性盆腔炎": ("N73.1", "Pelvic inflammation", False), "孕期检查": ("Z34.9",
    "Antenatal care", False),
    "妊娠期糖尿病": ("O24.4", "Gestational diabetes", False), "产后复查": ("Z39.2", "Postpartum check", False), "上呼吸道感染": ("J06.9",
    "Common cold", False),
    "小儿支气管炎": ("J20.8", "Bronchitis of a child", False), "手足口病": ("B08.4", "Hand, foot and mouth disease", False),
    "儿童保健体检": ("Z00.1", "Child health check", False), "老年性白内障": ("H25.9", "Senile cataract", False), "干眼症": ("H04.1", "Dry eye",
    False),
    "屈光不正": ("H52.7", "Refractive error", False), "青光眼": ("H40.9", "Glaucoma", True), "过敏性鼻炎": ("J30.4", "Allergic rhinitis", False),
    "慢性咽炎": ("J31.2", "Chronic pharyngitis", False), "中耳炎": ("H66.9", "Otitis media", False), "湿疹": ("L30.9", "Eczema", False),
    "荨麻疹": ("L50.9", "Urticaria", False), "痤疮": ("L70.0", "Acne", False), "带状疱疹": ("B02.9", "Shingles", False), "龋齿": ("K02.9",
    "Caries", False),
    "牙周炎": ("K05.3", "Periodontitis", False), "智齿冠周炎": ("K05.2", "Pericoronitis", False), "脾胃虚弱": ("R10.8", "Weak digestion", False),
    "气血不足": ("D50.9", "Anaemia", False), "颈肩痛": ("M54.2", "Neck pain", False), "更年期调理": ("N95.1", "Menopause", False),
}  # fmt: skip

# panel -> item, unit, normal from, to
PANELS: dict[str, tuple[tuple[str, str, float, float], ...]] = {
    "血常规": (("白细胞", "10^9/L", 3.5, 9.5), ("血红蛋白", "g/L", 115, 150), ("血小板", "10^9/L", 125, 350)),
    "肝功能": (("谷丙转氨酶", "U/L", 7, 40), ("总胆红素", "umol/L", 3.4, 20.5), ("白蛋白", "g/L", 40, 55)),
    "肾功能": (("肌酐", "umol/L", 45, 104), ("尿素氮", "mmol/L", 2.9, 8.2), ("尿酸", "umol/L", 155, 428)),
    "血脂四项": (("总胆固醇", "mmol/L", 2.8, 5.2), ("甘油三酯", "mmol/L", 0.4, 1.7), ("高密度脂蛋白", "mmol/L", 1.0, 1.9),
        ("低密度脂蛋白", "mmol/L", 1.3, 3.4)),
    "空腹血糖": (("葡萄糖", "mmol/L", 3.9, 6.1),),
    "糖化血红蛋白": (("糖化血红蛋白", "%", 4.0, 6.0),),
    "甲状腺功能": (("促甲状腺激素", "mIU/L", 0.3, 4.2), ("游离T4", "pmol/L", 12, 22), ("游离T3", "pmol/L", 3.1, 6.8)),
    "凝血功能": (("凝血酶原时间", "s", 11, 14.5), ("纤维蛋白原", "g/L", 2, 4)),
    "肿瘤标志物": (("癌胚抗原", "ng/mL", 0, 5), ("糖类抗原199", "U/mL", 0, 37)),
    "性激素": (("促卵泡激素", "IU/L", 3.5, 12.5), ("雌二醇", "pg/mL", 25, 195)),
    "尿常规": (("尿比重", "", 1.003, 1.03), ("尿酸碱度", "", 4.6, 8.0)),
}

EXAMINATIONS: dict[str, tuple[str, str, str]] = {
    "胸部CT平扫": ("ct", "双肺未见明显活动性病变", "右肺中叶小结节，建议3个月复查"),
    "心电图": ("ecg", "窦性心律，正常心电图", "窦性心律，ST-T改变，请结合临床"),
    "心脏彩超": ("ultrasound", "心脏结构及功能未见明显异常", "左室舒张功能减低，二尖瓣轻度反流"),
    "肺功能": ("other", "通气功能正常", "中度阻塞性通气功能障碍"),
    "腹部B超": ("ultrasound", "肝胆胰脾未见明显异常", "脂肪肝（轻度），胆囊壁毛糙"),
    "泌尿系B超": ("ultrasound", "双肾、输尿管、膀胱未见明显异常", "左肾小结石，直径约4毫米"),
    "甲状腺彩超": ("ultrasound", "甲状腺未见明显异常", "甲状腺右叶结节，TI-RADS 3类，建议半年复查"),
    "妇科B超": ("ultrasound", "子宫及双附件未见明显异常", "子宫肌瘤，较大者约23×18毫米"),
    "产科B超": ("ultrasound", "宫内单活胎，发育与孕周相符", "宫内单活胎，羊水偏少，建议一周后复查"),
    "头颅MRI": ("mri", "颅脑未见明显异常", "双侧基底节区腔隙性梗死灶"),
    "腰椎MRI": ("mri", "腰椎未见明显异常", "腰4/5椎间盘突出，硬膜囊受压"),
    "X光片": ("x_ray", "所摄骨质未见明显异常", "骨质增生，关节间隙变窄"),
    "牙片": ("x_ray", "根尖区未见异常", "根尖周低密度影，建议根管治疗"),
    "胃镜": ("endoscopy", "慢性非萎缩性胃炎", "胃窦溃疡，已取活检，请随诊病理"),
    "肠镜": ("endoscopy", "所见结肠黏膜未见异常", "乙状结肠息肉，已切除送病理"),
    "鼻咽镜": ("endoscopy", "鼻咽部黏膜光滑", "下鼻甲肥大，黏膜苍白水肿"),
    "眼底照相": ("other", "眼底未见明显异常", "视网膜动脉硬化，建议复查"),
}
OCCUPATIONS = ("教师", "工人", "农民", "退休", "公务员", "工程师", "个体经营", "会计", "司机", "学生", "护士", "销售")
STREETS = ("和平路", "文华路", "建设大道", "人民路", "解放街", "梧桐巷", "青年路", "滨江路", "学府路", "长安街")
DISTRICTS = ("东城区", "南湖区", "西岭区", "北江区", "高新区")
FEES = {"examination": (120, 680), "laboratory": (25, 180), "medication": (30, 420), "treatment": (60, 300)}

# name, kind, what it does, street, when it is open
SITES = (
    ("和平路社区卫生服务站", "community", "高血压糖尿病随访、疫苗接种、换药", "东城区和平路31号", "每天 8:00-17:30"),
    ("南湖社区卫生服务中心", "community", "慢病管理、家庭医生签约", "南湖区人民路45号", "周一至周六 8:00-17:00"),
    ("北江社区卫生服务中心", "community", "孕产妇建册、儿童保健、康复", "北江区滨江路52号", "周一至周五 8:00-17:00"),
    ("安和医院高新分院", "branch", "内科、儿科门诊，体检", "高新区建设大道200号", "每天 8:00-20:00"),
    ("康宁康复医院", "recovery", "脑卒中与骨科术后康复", "西岭区青年路9号", "全天"),
    ("安和医学检验中心", "laboratory", "病理、基因检测外送", "高新区文华路66号", "周一至周六 7:30-18:00"),
    ("安和大药房", "pharmacy", "特殊药品、冷链药品，双通道医保结算", "东城区学府路2号", "每天 8:00-22:00"),
)  # fmt: skip
SERVICES = (
    ("GH001", "普通门诊挂号", "Outpatient registration", "registration", None, 10, ""),
    ("GH002", "专家门诊挂号", "Expert clinic", "registration", None, 30, ""),
    ("GH003", "知名专家门诊挂号", "Distinguished expert", "registration", None, 100, ""),
    ("JC001", "心电图", "Electrocardiogram", "examination", "cardiology", 35, "检查前静坐10分钟"),
    ("JC002", "动态心电图（24小时）", "Holter monitoring", "examination", "cardiology", 220, "检查前一日洗澡，当日不可洗澡"),
    ("JC003", "胃镜", "Gastroscopy", "examination", "gastroenterology", 380, "检查前禁食8小时、禁水4小时"),
    ("JC004", "无痛胃镜", "Gastroscopy, sedated", "examination", "gastroenterology", 860, "需家属陪同，当日不能驾车"),
    ("JC005", "肠镜", "Colonoscopy", "examination", "gastroenterology", 450, "检查前一日服泻药，少渣饮食三天"),
    ("JC006", "头颅磁共振", "MRI of the head", "examination", "neurology", 620, "体内有金属植入物请告知"),
    ("JC007", "胸部CT", "CT of the chest", "examination", "respiratory", 320, "去除颈胸部金属饰物"),
    ("TJ001", "基础体检套餐", "Basic check-up", "package", None, 398, "空腹，早8点至10点"),
    ("TJ002", "中老年体检套餐", "Senior check-up", "package", None, 1280, "空腹"),
    ("TJ003", "入职体检", "Pre-employment check-up", "package", None, 168, "空腹，带身份证"),
    ("ZL001", "针灸治疗", "Acupuncture", "treatment", "chinese_medicine", 80, ""),
    ("ZL002", "超声波洁牙", "Scaling", "treatment", "stomatology", 180, ""),
    ("HL001", "出院上门护理", "Home nursing", "nursing", None, 200, "需提前一天预约"),
)  # fmt: skip
# name, size, maker, department, price, stock, who pays, remark
DRUGS = (
    ("奥希替尼片", "80mg*30片", "远航制药", "oncology", 5580, "available", "negotiated", "双通道药品，凭责任医师处方在安和大药房取药"),
    ("曲妥珠单抗注射液", "440mg", "安华生物", "oncology", 5500, "short", "negotiated", "需提前两天预约"),
    ("司美格鲁肽注射液", "1.34mg/ml 1.5ml", "诺康制药", "endocrinology", 478, "on_order", "class_b", "预订后三天到货"),
    ("利伐沙班片", "15mg*7片", "华信药业", "cardiology", 120, "available", "class_b", ""),
    ("沙库巴曲缬沙坦钠片", "100mg*14片", "诺康制药", "cardiology", 62, "available", "class_b", ""),
    ("人血白蛋白", "10g 50ml", "安华生物", "general_surgery", 420, "short", "class_b", "限住院患者"),
    ("破伤风人免疫球蛋白", "250IU", "安华生物", "orthopaedics", 280, "available", "none", "急诊药房"),
    ("阿达木单抗注射液", "40mg", "远航制药", "dermatology", 1290, "available", "negotiated", "冷链，请带保温袋"),
    ("环孢素软胶囊", "25mg*50粒", "华信药业", "nephrology", 310, "out", "class_a", "预计下周到货"),
    ("狂犬病人免疫球蛋白", "200IU", "安华生物", "general_surgery", 260, "available", "none", "急诊注射室，全天"),
    ("布地奈德福莫特罗吸入剂", "160ug/4.5ug*60吸", "华信药业", "respiratory", 168, "available", "class_b", ""),
    ("阿替普酶注射液", "50mg", "远航制药", "neurology", 3280, "available", "class_b", "卒中中心备药"),
)  # fmt: skip
# code, Chinese, English, kind, building, floor, seats, how to get there, department
ROOMS = (
    ("JC01", "放射科CT室", "CT room", "examination", "医技楼", 1, None, "医技楼1层，门诊大厅西侧连廊", None),
    ("JC02", "磁共振室", "MRI room", "examination", "医技楼", 1, None, "医技楼1层东头，体内有金属请先告知", None),
    ("JC03", "超声科", "Ultrasound", "examination", "医技楼", 2, 30, "医技楼2层，凭号候诊", None),
    ("JC04", "心电功能室", "Heart function room", "examination", "医技楼", 2, 20, "医技楼2层，超声科对面", "cardiology"),
    ("JC05", "内镜中心", "Endoscopy centre", "examination", "医技楼", 3, 24, "医技楼3层，家属在等候区等候", "gastroenterology"),
    ("JC06", "检验科采血处", "Blood samples", "examination", "门诊楼", 2, 60, "门诊楼2层自动扶梯旁，7:30开始", None),
    ("SS01", "手术中心", "Operating theatres", "operating", "住院楼", 3, None, "住院楼3层，家属等候区在电梯厅", None),
    ("TJ01", "健康体检中心", "Check-up centre", "examination", "行政楼", 1, 120, "行政楼1层，南门进", None),
    ("HY01", "学术报告厅", "Lecture hall", "meeting", "行政楼", 2, 180, "行政楼2层，出电梯左转", None),
    ("HY02", "患者之家活动室", "Patients' club room", "meeting", "门诊楼", 7, 50, "门诊楼7层C区", None),
    ("BG01", "客户服务中心", "Service centre", "office", "门诊楼", 1, None, "门诊楼1层大厅东侧", None),
    ("BG02", "病案室", "Records office", "office", "门诊楼", 1, None, "门诊楼1层，收费处旁，周一至周五", None),
)  # fmt: skip
# code, name, model, department, state, room, what for
EQUIPMENT = (
    ("EQ-CT-01", "64排螺旋CT", "CT-64", "respiratory", "in_use", "JC01", "胸腹部扫描、冠脉CTA"),
    ("EQ-CT-02", "256排螺旋CT", "CT-256", "cardiology", "in_use", "JC01", "冠脉CTA、急诊卒中评估"),
    ("EQ-MR-01", "3.0T磁共振", "MR-3.0", "neurology", "in_use", "JC02", "头颅、脊柱、关节"),
    ("EQ-US-01", "彩色超声诊断仪", "US-E9", "obstetrics", "in_use", "JC03", "产科四维"),
    ("EQ-US-02", "心脏彩超", "US-E95", "cardiology", "in_use", "JC03", "心脏与血管"),
    ("EQ-EC-01", "十二导心电图机", "ECG-12", "cardiology", "maintenance", "JC04", "常规心电图"),
    ("EQ-EC-02", "动态心电记录仪", "HOLTER-24", "cardiology", "in_use", "JC04", "24小时动态心电，共20台"),
    ("EQ-EN-01", "电子胃肠镜系统", "EN-290", "gastroenterology", "in_use", "JC05", "普通与无痛胃肠镜"),
    ("EQ-DX-01", "数字X光机", "DR-7", "orthopaedics", "broken", "JC01", "四肢与脊柱摄片"),
    ("EQ-LB-01", "全自动生化分析仪", "BC-2000", "nephrology", "in_use", "JC06", "肝肾功能、血脂、血糖"),
    ("EQ-PF-01", "肺功能仪", "PF-10", "respiratory", "in_use", "JC04", "通气与弥散功能"),
    ("EQ-OP-01", "腔镜手术系统", "DV-4", "urology", "in_use", "SS01", "微创手术"),
    ("EQ-XR-99", "旧式胃肠造影机", "GI-1", "gastroenterology", "retired", "JC01", "已停用"),
)  # fmt: skip
