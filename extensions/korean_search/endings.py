"""What may follow a noun or a stem within one Korean word: particles and endings, as a pattern of both languages.

The list is permissive on purpose: it only decides whether what is left of a word is a plausible rest, after a word of
the index was found at its beginning.
"""

from __future__ import annotations

import re

#: After nouns. Longer ones are made of these.
PARTICLES = """
은 는 이 가 을 를 에 의 로 와 과 도 만 나 랑 께 야 여 아
으로 에서 에게 한테 까지 부터 처럼 보다 마다 밖에 조차 마저 대로 만큼 뿐 씩 이나 이랑 하고 끼리 째 쯤
들 란 라 이란 이라 라는 이라는 라고 이라고 라면 이라면 라도 이라도 든지 이든지 든 이든
적 적인 적으로 화 님
"""
#: The copula, and the verbs that make verbs of nouns.
VERBS_OF_NOUNS = """
입 인 일 임 이다 이고 이며 이면 이지 이어 이에 예 였 이었 이니 인가 인데 인지 일까 아니
하 한 할 함 합 해 했 하여 하였 되 된 될 됨 됩 돼 됐 되어 되었
시키 시킨 시킬 시킴 시킵 시켜 시켰 당하 당한 당할 당합 당해 당했 스럽 스러 롭 로운 로워
"""
#: After stems of verbs and adjectives; what begins with a consonant alone is part of the forms in the index.
ENDINGS = """
다 는 은 을 음 기 고 게 지 자 며 면 려 러 니 네 나 냐 래 까 죠 요 던 든 데 군 구나 더라 라 서 도 야
는다 는가 는지 은가 은지 을지 을까 은데 는데 운 울 우 움 워 와 왔 웠
니다 니까 습니다 습니까 읍시다 시다 세요 십시오 시 신 실 심 십 셨 셔 으시 으셨 으신 으십 으세요
어 아 여 었 았 였 겠 어요 아요 에요 예요 어서 아서 어야 아야 어도 아도 려고 려면 으려 으려고 으러 으면 으며 으니 으니까
거나 도록 다가 자마자 지만 지요 므로 으므로 수록 을수록 게요 을게요 네요 군요 는구나 느라 느냐
답니다 랍니다 다면 는다면 다고 는다고
더니 던지 든가 거든 느니 는데도 을뿐 다니 자니
중 시 후 전 때 것 거 수
"""

_PIECES = sorted(set((PARTICLES + VERBS_OF_NOUNS + ENDINGS).split()), key=lambda piece: (-len(piece), piece))
#: Matches a rest, or nothing; at most six pieces. Valid in Python and in JavaScript.
REST = f"(?:{'|'.join(_PIECES)}){{0,6}}"
_WHOLE = re.compile(REST)


def is_rest(text: str) -> bool:
    """Whether a text may follow a noun or a stem in one word; nothing at all may."""
    return _WHOLE.fullmatch(text) is not None
