"""Renders the answers of bench/speech.py in several voices: `python -m bench.speech_voices FOLDER`, by the Python that has the voices.

In: ANSWERS. Out: `<voice>-<number>.alaw` in FOLDER, those that are there already are kept.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from callcenter.speech import shape
from callcenter.speech.normalise import normalise
from callcenter.speech.tts import Synthesiser, Voice

VOICES = {"zh": ("zf_xiaoyi", "zf_xiaobei", "zm_yunjian", "zm_yunxi"), "en": ("af_heart",)}
DEPARTMENTS = (
    "心内科", "呼吸内科", "消化内科", "神经内科", "内分泌科", "肾内科", "肿瘤科", "普通外科", "骨科", "泌尿外科", "妇科", "产科", "儿科", "眼科",
    "皮肤科", "口腔科",
)  # fmt: skip
MENU = ("预约挂号", "费用查询", "检查结果", "投诉建议", "人工服务")
YES_NO = ("对的", "不对")
ENGLISH = ("Cardiology", "Orthopaedics", "Neurology", "Dermatology", "Paediatrics", "Urology", "Oncology", "Dentistry")
# Answer, and the closed list it stands in.
ANSWERS: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "zh": (
        *((word, DEPARTMENTS) for word in ("心内科", "呼吸内科", "骨科", "儿科", "皮肤科")),
        *((word, MENU) for word in ("预约挂号", "费用查询", "人工服务")),
        *((word, YES_NO) for word in YES_NO),
    ),
    "en": tuple((word, ENGLISH) for word in ENGLISH),
}


def main(folder: Path) -> None:
    os.nice(10)
    folder.mkdir(parents=True, exist_ok=True)
    synthesiser = Synthesiser(threads=2)
    for language, voices in VOICES.items():
        for voice in voices:
            for number, (word, _) in enumerate(ANSWERS[language]):
                path = folder / f"{voice}-{number}.alaw"
                if not path.exists():
                    spoken = normalise(word + ("。" if language == "zh" else "."), language)
                    path.write_bytes(shape.for_telephone(synthesiser.speak(spoken, Voice(voice, language, 0.95)), 0.1, 0.1))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
