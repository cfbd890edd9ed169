"""Numbers as people write them: sums, dates, accounts, telephones, fractions."""

from random import Random

from docclean.synth.language.lists import Language


def grouped(value: float, decimals: int, language: Language) -> str:
    """Return a number with the thousands separator and decimal sign of the language."""
    groups, point = language.separators
    plain = f"{value:,.{decimals}f}"
    return plain.replace(",", "\0").replace(".", point).replace("\0", groups)


def amount(rng: Random, language: Language) -> str:
    """Return a sum between one and ten million."""
    return grouped(10 ** rng.uniform(0, 7), rng.choice((0, 2, 2)), language)


def price(rng: Random, language: Language) -> str:
    """Return a sum with its currency."""
    value, sign = grouped(10 ** rng.uniform(0, 5), 2, language), language.currency
    return f"{sign}{value}" if sign == "$" else f"{value} {sign}"


def date(rng: Random, language: Language) -> str:
    """Return a date between 1850 and 2025 in digits."""
    day, month, year = rng.randrange(1, 29), rng.randrange(1, 13), rng.randrange(1850, 2026)
    first, second = (month, day) if language.code == "en" else (day, month)
    return rng.choice(
        (
            f"{day:02}.{month:02}.{year}",
            f"{first}/{second}/{year % 100:02}",
            f"{year}-{month:02}-{day:02}",
            f"{day}. {month}. {year}",
        )
    )


def reference(rng: Random, language: Language) -> str:
    """Return a reference number."""
    return language.reference.format(n=rng.randrange(1, 9999), m=rng.randrange(10, 99))


def account(rng: Random, language: Language) -> str:
    """Return 8 to 22 digits, mostly in groups."""
    digits = "".join(rng.choice("0123456789") for _ in range(rng.randrange(8, 23)))
    size = rng.choice((2, 3, 4, 4, len(digits)))
    sign = rng.choice("  -.")
    return sign.join(digits[at : at + size] for at in range(0, len(digits), size))


def telephone(rng: Random, language: Language) -> str:
    """Return a telephone number."""
    area, rest = rng.randrange(20, 999), rng.randrange(10_000, 99_999)
    return rng.choice(
        (
            f"+{rng.randrange(30, 60)} {area} {rest} {rng.randrange(10, 99)}",
            f"(0{area}) {rest // 100}-{rest % 100:02}",
            f"0{area}/{rest}",
            f"{area} {rest // 1000:02} {rest % 1000 // 10:02} {rest % 100:02}",
        )
    )


def fraction(rng: Random, language: Language) -> str:
    """Return a fraction or a mixed number."""
    whole, low = rng.randrange(1, 99), rng.choice((2, 3, 4, 8, 16, 32))
    part = f"{rng.randrange(1, low)}/{low}"
    return rng.choice((part, f"{whole} {part}", f"{whole}{rng.choice('½¼¾')}"))


def clock(rng: Random, language: Language) -> str:
    """Return a time of day."""
    return f"{rng.randrange(24)}:{rng.randrange(60):02}"


MAKERS = (amount, price, account, date, telephone, fraction, clock, reference)
"""Every way to write numbers."""
