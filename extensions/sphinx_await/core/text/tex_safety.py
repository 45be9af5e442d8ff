"""Mathematics in LaTeX that a program displays: what may come into a page of it, or into a book.

TeX is a language to write programs in: it reads files, writes some, and runs others, and MathJax has commands for links
and styles. So a formula has nothing but commands that are known to draw one. It is also complete in itself, since what
is around it would be drawn as a part of it otherwise.
"""

from __future__ import annotations

import re

#: More means no formula that anybody reads; TeX has limits of its own for depth.
LONGEST, _DEEPEST = 20_000, 50
#: What a formula can be between, so that text has it as one.
_AROUND = (("$$", "$$"), ("$", "$"), (r"\[", r"\]"), (r"\(", r"\)"))
#: An environment that stands in text: what it is in a formula, its begin and its end.
_OUTER = {
    "math": ("", ""),
    "displaymath": ("", ""),
    "equation": ("", ""),
    "align": (r"\begin{aligned}", r"\end{aligned}"),
    "gather": (r"\begin{gathered}", r"\end{gathered}"),
    "eqnarray": (r"\begin{array}{rcl}", r"\end{array}"),
}
_ENVIRONMENTS = frozenset(
    {
        *("array", "matrix", "pmatrix", "bmatrix", "Bmatrix", "vmatrix", "Vmatrix", "smallmatrix"),
        *("aligned", "gathered", "split", "cases", "subarray"),
    }
)
#: Commands with a text in their braces, in which ``_`` is a character.
_TEXTS = frozenset({"text", "textrm", "textbf", "textit", "textsf", "texttt", "textnormal", "mbox"})
#: Commands of colours, which are left out with their argument: nobody knows what they are read on.
_COLOURS = frozenset({"color", "textcolor"})
_COLOUR = re.compile(r"\s*(?:\[\w+\])?\s*\{[\w!.,# -]*\}")
#: Commands of letters that are allowed, with those of their kinds.
_COMMANDS = frozenset(
    f"""
    alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa varkappa lambda mu nu xi pi varpi rho
    varrho sigma varsigma tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi
    Omega digamma aleph beth gimel daleth hbar hslash ell imath jmath Re Im wp partial nabla infty prime backprime
    emptyset varnothing forall exists nexists neg lnot top bot angle measuredangle triangle square blacksquare Box
    Diamond lozenge star bigstar clubsuit diamondsuit heartsuit spadesuit flat natural sharp checkmark dag ddag dagger
    ddagger S P copyright pounds degree complement eth mho

    arccos arcsin arctan arg cos cosh cot coth csc deg det dim exp gcd hom inf ker lg lim liminf limsup ln log max min
    Pr sec sin sinh sup tan tanh injlim projlim bmod pmod mod pod operatorname operatornamewithlimits
    sum prod coprod int iint iiint oint bigcap bigcup bigodot bigoplus bigotimes bigsqcup biguplus bigvee bigwedge
    limits nolimits displaylimits displaystyle textstyle scriptstyle scriptscriptstyle

    pm mp times div ast star circ bullet cdot cap cup uplus sqcap sqcup vee lor wedge land setminus smallsetminus wr
    diamond bigtriangleup bigtriangledown triangleleft triangleright oplus ominus otimes oslash odot bigcirc amalg
    ltimes rtimes dotplus boxplus boxtimes boxdot veebar barwedge intercal centerdot
    le leq leqslant ge geq geqslant ll gg lll ggg ne neq eq equiv sim simeq approx approxeq cong ncong doteq propto
    varpropto prec succ preceq succeq nprec nsucc subset supset subseteq supseteq nsubseteq nsupseteq subsetneq
    supsetneq sqsubset sqsupset sqsubseteq sqsupseteq in ni notin owns vdash dashv models vDash Vdash mid nmid parallel
    nparallel perp bowtie smile frown asymp between therefore because lt gt nless ngtr nleq ngeq lesssim gtrsim not
    to gets leftarrow rightarrow leftrightarrow Leftarrow Rightarrow Leftrightarrow longleftarrow longrightarrow
    longleftrightarrow Longleftarrow Longrightarrow Longleftrightarrow iff implies impliedby mapsto longmapsto
    hookleftarrow hookrightarrow uparrow downarrow updownarrow Uparrow Downarrow Updownarrow nearrow searrow swarrow
    nwarrow leftharpoonup leftharpoondown rightharpoonup rightharpoondown rightleftharpoons leftrightharpoons
    rightsquigarrow leadsto xleftarrow xrightarrow

    frac dfrac tfrac cfrac binom dbinom tbinom choose over atop sqrt root of stackrel overset underset substack
    hat widehat check breve acute grave tilde widetilde bar vec dot ddot dddot overline underline overbrace underbrace
    overleftarrow overrightarrow overleftrightarrow boxed phantom hphantom vphantom
    mathrm mathbf mathit mathsf mathtt mathnormal mathcal mathfrak mathbb boldsymbol pmb rm bf it
    mathop mathbin mathrel mathord mathopen mathclose mathpunct mathinner
    left right middle big Big bigg Bigg bigl Bigl biggl Biggl bigr Bigr biggr Biggr bigm Bigm biggm Biggm
    lbrace rbrace lbrack rbrack langle rangle lfloor rfloor lceil rceil lvert rvert lVert rVert vert Vert backslash
    lgroup rgroup lmoustache rmoustache ulcorner urcorner llcorner lrcorner
    quad qquad enspace thinspace medspace thickspace negthinspace colon cdots ldots vdots ddots dots dotsb dotsc dotsi
    dotsm dotso hline nonumber notag strut mathstrut {" ".join(_TEXTS)}
    """.split()
)
#: Of one character each.
_SYMBOLS = frozenset("\\,;:!>| {}%$#&_\n")
_TOKEN = re.compile(r"\\(?P<command>[A-Za-z]+)|\\(?P<symbol>.)|(?P<sign>[{}&_$%#\\]|\^+)", re.DOTALL)
_NAME = re.compile(r"\s*\{(\w+\*?)\}")


def formula(latex: str) -> str:
    """The formula in a text of LaTeX, without the delimiters around it, if it is safe to show.

    :raises ValueError: the text is empty, too long, or has what a formula may not have; the message says what.
    """
    if len(latex) > LONGEST:
        raise ValueError(f"it has more than {LONGEST} characters")
    # An empty line ends a formula, and makes two of one.
    found = _Checker(_without_what_is_around(re.sub(r"\n\s*\n", "\n", latex.strip()))).checked()
    if not found.strip():
        raise ValueError("it is empty")
    return found


def _without_what_is_around(text: str) -> str:
    for begin, end in _AROUND:
        if text.startswith(begin) and text.endswith(end) and len(text) >= len(begin + end):
            return text[len(begin) : -len(end)].strip()
    name = _NAME.match(text, len(r"\begin")) if text.startswith(r"\begin") else None
    if name is None or name[1].rstrip("*") not in _OUTER or not text.endswith(close := rf"\end{{{name[1]}}}"):
        return text
    begins, ends = _OUTER[name[1].rstrip("*")]
    return f"{begins}{text[name.end() : -len(close)]}{ends}".strip()


class _Checker:
    """Reads a formula once, from its begin to its end.

    Nothing here has to be TeX: what it does not know is refused.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        #: What is open: ``{``, a command with a text, ``left``, or the name of an environment after ``begin``.
        self._open: list[str] = []
        self._at = 0
        #: The command just before, which an opening brace belongs to.
        self._before = ""

    def checked(self) -> str:
        """The formula without its colours.

        :raises ValueError: the formula has something that no formula needs.
        """
        parts: list[str] = []
        while token := _TOKEN.search(self._text, self._at):
            between = self._text[self._at : token.start()]
            if between.strip():
                self._before = ""
            parts.append(between)
            self._at = token.end()
            parts.append(self._taken(token))
        parts.append(self._text[self._at :])
        if self._open:
            raise ValueError(f"it does not close {self._open[-1]!r}")
        return "".join(parts)

    def _taken(self, token: re.Match[str]) -> str:
        """What there is for a token in the formula."""
        before, self._before = self._before, ""
        if (command := token["command"]) is not None:
            return self._command(command)
        if (symbol := token["symbol"]) is not None:
            if symbol not in _SYMBOLS:
                raise ValueError(f"it has \\{symbol}")
            return token[0]
        return self._sign(token[0], before)

    def _command(self, name: str) -> str:
        written = f"\\{name}"
        if name in _COLOURS:
            argument = _COLOUR.match(self._text, self._at)
            if argument is None:
                raise ValueError(f"it has {written}")
            self._at = argument.end()
            return " "  # what follows it may be a letter, and before it a command
        if name in {"begin", "end"}:
            return written + self._environment(name)
        if name not in _COMMANDS:
            raise ValueError(f"it has {written:.40}")
        if name == "left":
            self._push(name)
        elif name == "right":
            self._pop("left", written)
        elif name == "middle" and self._open[-1:] != ["left"]:
            raise ValueError(f"it has {written} outside of \\left")
        self._before = name
        return written

    def _environment(self, verb: str) -> str:
        name = _NAME.match(self._text, self._at)
        if name is None or name[1] not in _ENVIRONMENTS:
            raise ValueError(f"it has \\{verb}{self._text[self._at : self._at + 20]}")
        self._at = name.end()
        if verb == "begin":
            self._push(f"begin {name[1]}")
        else:
            self._pop(f"begin {name[1]}", rf"\end{{{name[1]}}}")
        return name[0]

    def _sign(self, sign: str, before: str) -> str:
        if sign == "{":
            self._push(before if before in _TEXTS else sign)
        elif sign == "}":
            if not self._open or (self._open[-1] != "{" and self._open[-1] not in _TEXTS):
                raise ValueError("it closes a brace that is not open")
            self._open.pop()
        elif sign == "_":
            return r"\_" if not _TEXTS.isdisjoint(self._open) else sign
        elif sign == "&":
            if not self._open or not self._open[-1].startswith("begin "):
                raise ValueError("it has & outside of an array")
        elif sign != "^":  # two of them are the begin of a character in disguise
            raise ValueError(f"it has {sign}")
        return sign

    def _push(self, what: str) -> None:
        if len(self._open) >= _DEEPEST:
            raise ValueError("it is nested too deeply")
        self._open.append(what)

    def _pop(self, what: str, written: str) -> None:
        if self._open[-1:] != [what]:
            raise ValueError(f"it has {written} for nothing")
        self._open.pop()
