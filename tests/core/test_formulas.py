"""Which LaTeX of a program is a formula, and nothing else."""

from __future__ import annotations

import pytest

from sphinx_await.core.text.tex_safety import formula


@pytest.mark.parametrize(
    ("latex", "shown"),
    [
        (r"$\displaystyle x^{2} + 1$", r"\displaystyle x^{2} + 1"),
        ("$$x\n\n+ y$$", "x\n+ y"),
        (r"\[\sqrt[3]{x}\]", r"\sqrt[3]{x}"),
        (r"\begin{equation*}x^2\end{equation*}", "x^2"),
        (r"\begin{align}a &= b \\ c &= d\end{align}", r"\begin{aligned}a &= b \\ c &= d\end{aligned}"),
        (r"\begin{eqnarray}a &=& b\end{eqnarray}", r"\begin{array}{rcl}a &=& b\end{array}"),
        (r"\left[\begin{matrix}1 & x\\y & 2\end{matrix}\right]",) * 2,
        (r"\begin{cases} x & \text{for}\: x > 0 \\-1 & \text{otherwise} \end{cases}",) * 2,
        (r"\left\{x\; \middle|\; x \in \mathbb{R}\right\}",) * 2,
        (r"\text{a_b}_c", r"\text{a\_b}_c"),
        (r"\mathrm{m}^{^2}",) * 2,
        (r"\\input{x}",) * 2,
    ],
)
def test_a_formula_is_shown_without_what_is_around_it(latex: str, shown: str) -> None:
    """In the forms in which libraries write it."""
    assert formula(latex) == shown


def test_a_formula_has_no_colours() -> None:
    """Which would be seen on one of two pages, dark or light."""
    assert formula(r"1\color{LightGray}{ + 0x}\textcolor[rgb]{1,0,0}{y}").split() == ["1", "{", "+", "0x}", "{y}"]


@pytest.mark.parametrize(
    "latex",
    [
        *("", "$$", "$", "$ $", r"\begin{equation}\end{equation}"),
        *(r"\input{/etc/passwd}", r"\csname input\endcsname{x}", "^^5cinput{x}", r"\write18{ls}", r"\openin5=x"),
        *(r"\def\frac{}", r"\let\frac\input", r"\newcommand{\a}{b}", r"\catcode`\@=0", r"\loop x \repeat"),
        *(
            r"\href{javascript:evil()}{x}",
            r"\style{position:fixed}{x}",
            r"\class{a}{x}",
            r"\require{html}",
            r"\unicode{x}",
        ),
        *(r"\begin{tabular}{l}a\end{tabular}", r"\begin{document}", r"\end{document}", r"\begin {filecontents}{x}"),
        *("x % y", "x # y", "$a$ and $b$", r"\(a\) or \(b\)", "a & b", "{a & b}", "a\\"),
        *("}", "{a", "a} {b", r"\left( x", r"x \right)", r"{\left( x} \right)", r"x \middle| y"),
        *(r"\begin{matrix}a", r"a\end{matrix}", r"\begin{matrix}{\end{matrix}}", r"\begin{matrix}a\end{cases}"),
        *(r"\text{$x$}", r"\text{a\(x\)}", r"\color{red", r"\color\input{x}", r"\hspace{-9em}x", r"\raise9em x"),
        *("{" * 300 + "}" * 300, "x" * 30_000, r"\@input{x}", "\\\0"),
    ],
)
def test_what_is_more_than_a_formula_is_refused(latex: str) -> None:
    """Commands that read files, define something, lead elsewhere or move; and what begins or ends outside of it."""
    with pytest.raises(ValueError, match=r"^it "):
        formula(latex)
