"""Answers to exercises of the course as learners give them that are wrong, and the check that says so first."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WrongAnswer:
    """A wrong answer, as what differs from the solution or from the start.

    :ivar exercise: the name of the exercise.
    :ivar told: the index of the first check that it does not pass; its sentence is what the learner reads first.
    :ivar edits: what is written otherwise: the text, and what stands there instead.
    :ivar of: the program that is edited: ``solution`` or ``start``.
    """

    exercise: str
    told: int
    edits: tuple[tuple[str, str], ...]
    of: str = "solution"


_FIRST_DONE = """    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()  # 이미 끝난 태스크는 그대로 있음
    await asyncio.wait(pending)
    print("가장 빠른 곳:", done.pop().result())
"""
_AS_THEY_COME = """    for earliest in asyncio.as_completed(tasks):
        print("나감:", await earliest)
"""
_GROUP = """        async with asyncio.TaskGroup() as group:
            group.create_task(pay(), name="결제")
            group.create_task(ship(), name="배송")
    except* ValueError as errors:
        print("실패:", *errors.exceptions)
"""
_WITH_TIME = ("import asyncio\n", "import asyncio\nimport time\n")
_ONE_BY_ONE = """    for number in range(9):
        await download(number)
"""
_PUT = "        await photos.put(number)\n"

WRONG_ANSWERS = (
    WrongAnswer("together-mirror", 0, ((_FIRST_DONE, '    print("가장 빠른 곳:", await tasks[0])\n'),)),
    WrongAnswer(
        "together-mirror",
        1,
        (
            (
                _FIRST_DONE,
                (
                    "    servers = [await earliest for earliest in asyncio.as_completed(tasks)]\n"
                    '    print("가장 빠른 곳:", servers[0])\n'
                ),
            ),
        ),
    ),
    WrongAnswer(
        "together-mirror",
        2,
        (("    await asyncio.wait(pending)\n", ""),),
    ),
    WrongAnswer(
        "together-serve", 0, ((_AS_THEY_COME, '    for task in tasks:\n        print("나감:", await task)\n'),)
    ),
    WrongAnswer(
        "together-serve",
        1,
        (
            (
                _AS_THEY_COME,
                '    for menu in reversed(await asyncio.gather(*tasks)):\n        print("나감:", menu)\n',
            ),
        ),
    ),
    WrongAnswer(
        "together-serve",
        2,
        (
            (_AS_THEY_COME, ""),
            ('(("찌개", 0.6), ("빵", 0.2))', '(("빵", 0.2), ("찌개", 0.6))'),
            (
                "tasks.append(asyncio.create_task(cook(menu, seconds), name=menu))",
                'print("나감:", await cook(menu, seconds))',
            ),
        ),
    ),
    WrongAnswer("together-group", 0, (("ship())", "ship(), return_exceptions=True)"),), of="start"),
    WrongAnswer(
        "together-group",
        1,
        (
            (
                _GROUP,
                (
                    "        await pay()\n        await ship()\n"
                    '    except ValueError as error:\n        print("실패:", error)\n'
                ),
            ),
        ),
    ),
    WrongAnswer(
        "together-group",
        2,
        (
            (
                _GROUP,
                (
                    "        shipping = asyncio.create_task(ship())\n        await asyncio.gather(pay(), shipping)\n"
                    '    except ValueError as error:\n        shipping.cancel()\n        print("실패:", error)\n'
                ),
            ),
        ),
    ),
    WrongAnswer("cancel-close", 0, (("    finally:", "    except Exception:"),)),
    WrongAnswer(
        "cancel-close",
        1,
        (
            (
                '    finally:\n        print(f"{name}: 문을 닫음")\n',
                '    except asyncio.CancelledError:\n        print(f"{name}: 문을 닫음")\n        raise\n',
            ),
        ),
    ),
    WrongAnswer(
        "cancel-close",
        2,
        (
            (
                '    finally:\n        print(f"{name}: 문을 닫음")\n',
                '    except asyncio.CancelledError:\n        pass\n    print(f"{name}: 문을 닫음")\n',
            ),
        ),
    ),
    WrongAnswer("cancel-retry", 0, (("except ValueError", "except (ValueError, asyncio.CancelledError)"),)),
    WrongAnswer("cancel-retry", 1, (("timeout=0.5", "timeout=2"),)),
    WrongAnswer(
        "cancel-retry",
        2,
        (
            (
                '            print("기록:", repr(error))\n',
                '            print("기록:", repr(error))\n        except asyncio.CancelledError:\n            break\n',
            ),
        ),
    ),
    WrongAnswer("cancel-save", 0, (("asyncio.timeout(0.2)", "asyncio.timeout(1)"),)),
    WrongAnswer("cancel-save", 1, (("    await save\n", ""),)),
    WrongAnswer(
        "cancel-save",
        2,
        (("asyncio.gather(asyncio.shield(save), ad)", "asyncio.shield(asyncio.gather(save, ad))"),),
    ),
    WrongAnswer("limit-per-request", 0, (("(*asks)", "(*asks, return_exceptions=True)"),), of="start"),
    WrongAnswer("limit-per-request", 1, (("asyncio.timeout(0.4)", "asyncio.timeout(3)"),)),
    WrongAnswer(
        "limit-per-request",
        2,
        (
            (
                "    await asyncio.gather(*[ask_in_time(place) for place in places])\n",
                "    for place in places:\n        await ask_in_time(place)\n",
            ),
        ),
    ),
    WrongAnswer("limit-retry", 0, (("(1, 2, 3)", "(1, 2)"),)),
    WrongAnswer("limit-retry", 1, (("            await asyncio.sleep(0.2 * attempt)\n", ""),)),
    WrongAnswer("limit-retry", 2, (("(1, 2, 3)", "(1, 2, 3, 4, 5)"), ("            break\n", ""))),
    WrongAnswer("limit-blocking", 0, (_WITH_TIME, ("await asyncio.sleep(1)", "time.sleep(1)"))),
    WrongAnswer("limit-blocking", 1, (("await asyncio.sleep(1)", "await asyncio.sleep(0.1)"),)),
    WrongAnswer("limit-blocking", 2, (_WITH_TIME, ("asyncio.sleep(1)", "asyncio.to_thread(time.sleep, 1)"))),
    WrongAnswer(
        "values-tickets",
        0,
        (("        tickets -= 1\n", "        async with asyncio.Lock():\n            tickets -= 1\n"),),
        of="start",
    ),
    WrongAnswer(
        "values-tickets",
        1,
        (
            (
                '        tickets -= 1\n        print(f"{name}: 샀습니다")\n',
                ('        if tickets > 0:\n            tickets -= 1\n            print(f"{name}: 샀습니다")\n'),
            ),
        ),
        of="start",
    ),
    WrongAnswer(
        "values-tickets",
        2,
        (
            (
                "    await asyncio.gather(*[buy(name) for name in names])\n",
                "    for name in names:\n        await buy(name)\n",
            ),
        ),
        of="start",
    ),
    WrongAnswer(
        "values-once",
        0,
        (
            (
                '        saved["날씨"] = await fetch()\n',
                '        task = asyncio.create_task(fetch())\n        saved["날씨"] = await task\n',
            ),
        ),
        of="start",
    ),
    WrongAnswer(
        "values-once",
        1,
        (
            (
                '        saved["날씨"] = await fetch()\n',
                '        saved["날씨"] = None\n        saved["날씨"] = await fetch()\n',
            ),
        ),
        of="start",
    ),
    WrongAnswer(
        "values-once",
        2,
        (
            (
                "    await asyncio.gather(*[ask(number) for number in range(1, 11)])\n",
                "    for number in range(1, 11):\n        await ask(number)\n",
            ),
        ),
        of="start",
    ),
    WrongAnswer("values-bell", 0, (("    await rung.wait()\n", "    rung.is_set()\n"),)),
    WrongAnswer("values-bell", 1, (("    await rung.wait()\n", "    await asyncio.sleep(0.45)\n"),)),
    WrongAnswer(
        "values-bell",
        2,
        (
            (
                '    await asyncio.gather(leave("민지", rung), leave("준호", rung), bell(rung))\n',
                (
                    '    ring = asyncio.create_task(bell(rung))\n    await leave("민지", rung)\n'
                    '    await leave("준호", rung)\n    await ring\n'
                ),
            ),
        ),
    ),
    WrongAnswer("many-three", 0, (("Semaphore(3)", "Semaphore(4)"),)),
    WrongAnswer(
        "many-three",
        1,
        (("download(number) for number in range(9)", "download(number) for number in range(3)"),),
        of="start",
    ),
    WrongAnswer(
        "many-three",
        2,
        (
            ("    await asyncio.gather(*[download(number) for number in range(9)])\n", _ONE_BY_ONE),
            ("max(most, now)", "3"),
        ),
        of="start",
    ),
    WrongAnswer("many-shelf", 0, (("maxsize=2", "maxsize=3"),)),
    WrongAnswer("many-shelf", 1, (("range(1, 7)", "range(1, 3)"), ("range(6)", "range(2)")), of="start"),
    WrongAnswer(
        "many-shelf",
        2,
        ((_PUT, "        await asyncio.sleep(0.1)\n" + _PUT),),
        of="start",
    ),
    WrongAnswer(
        "many-close", 0, (("            break\n", '            print("반송")\n            break\n'),), of="start"
    ),
    WrongAnswer("many-close", 1, (('            print("반송")\n', "            pass\n"),)),
    WrongAnswer(
        "many-close", 2, (("            break\n", '            print("반송")\n            continue\n'),), of="start"
    ),
    WrongAnswer("for-pages", 0, (("        return found\n", "            return found\n"),), of="start"),
    WrongAnswer(
        "for-pages",
        1,
        (("async for number, dish in found:", "for number, dish in [page async for page in found]:"),),
    ),
    WrongAnswer(
        "for-pages",
        2,
        (("    async with aclosing(pages()) as found:\n", "    if found := pages():\n"),),
    ),
    WrongAnswer("with-pool", 0, (("    finally:\n", "    except ValueError:\n        raise\n    else:\n"),)),
    WrongAnswer(
        "with-pool",
        1,
        (
            (
                "    finally:\n        pool.put_nowait(connection)\n",
                "    except ValueError:\n        pass\n    pool.put_nowait(connection)\n",
            ),
        ),
    ),
    WrongAnswer(
        "with-pool",
        2,
        (
            (
                "    yield connection\n    pool.put_nowait(connection)\n",
                "    pool.put_nowait(connection)\n    yield connection\n",
            ),
        ),
        of="start",
    ),
)
