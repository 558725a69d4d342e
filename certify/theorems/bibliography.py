"""The one bibliography: cite keys of theorems, lemmas and proofs resolve here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from certify.theorems.statements.model import Source


@dataclass(frozen=True)
class Reference:
    """One cited work."""

    key: str
    authors: str
    title: str
    venue: str
    year: int
    identifier: str

    def __str__(self) -> str:
        return f"{self.authors} ({self.year}). {self.title}. {self.venue}. {self.identifier}"

    def short(self) -> str:
        """``"Du et al. (2019)"``."""
        names = [author.split()[-1] for author in self.authors.split(", ")]
        who = names[0] if len(names) == 1 else f"{names[0]} and {names[1]}" if len(names) == 2 else f"{names[0]} et al."
        return f"{who} ({self.year})"

    def to_bibtex(self) -> str:
        """A BibTeX entry of type ``misc``."""
        fields = {
            "author": self.authors.replace(", ", " and "),
            "title": f"{{{self.title}}}",
            "howpublished": self.venue,
            "year": str(self.year),
            "note": self.identifier,
        }
        body = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items())
        return f"@misc{{{self.key},\n{body}\n}}"


_ENTRIES = (
    Reference(
        "du2019",
        "S. S. Du, X. Zhai, B. Póczos, A. Singh",
        "Gradient Descent Provably Optimizes Over-parameterized Neural Networks",
        "International Conference on Learning Representations",
        2019,
        "arXiv:1810.02054",
    ),
    Reference(
        "tropp2012",
        "J. A. Tropp",
        "User-friendly tail bounds for sums of random matrices",
        "Foundations of Computational Mathematics 12(4), 389-434",
        2012,
        "doi:10.1007/s10208-011-9099-z",
    ),
    Reference(
        "liu2022",
        "C. Liu, L. Zhu, M. Belkin",
        "Loss landscapes and optimization in over-parameterized non-linear systems and neural networks",
        "Applied and Computational Harmonic Analysis 59, 85-116",
        2022,
        "doi:10.1016/j.acha.2021.12.009",
    ),
    Reference(
        "su2019",
        "L. Su, P. Yang",
        "On Learning Over-parameterized Neural Networks: A Functional Approximation Perspective",
        "Advances in Neural Information Processing Systems 32",
        2019,
        "arXiv:1905.10826",
    ),
    Reference(
        "arora2019",
        "S. Arora, S. S. Du, W. Hu, Z. Li, R. Wang",
        "Fine-Grained Analysis of Optimization and Generalization for Overparameterized Two-Layer Neural Networks",
        "International Conference on Machine Learning",
        2019,
        "arXiv:1901.08584",
    ),
    Reference(
        "jacot2018",
        "A. Jacot, F. Gabriel, C. Hongler",
        "Neural Tangent Kernel: Convergence and Generalization in Neural Networks",
        "Advances in Neural Information Processing Systems 31",
        2018,
        "arXiv:1806.07572",
    ),
    Reference(
        "feller1968",
        "W. Feller",
        "An Introduction to Probability Theory and Its Applications, Volume I, 3rd edition",
        "Wiley",
        1968,
        "ISBN 978-0-471-25708-0",
    ),
    Reference(
        "hoeffding1963",
        "W. Hoeffding",
        "Probability inequalities for sums of bounded random variables",
        "Journal of the American Statistical Association 58(301), 13-30",
        1963,
        "doi:10.1080/01621459.1963.10500830",
    ),
    Reference(
        "boucheron2013",
        "S. Boucheron, G. Lugosi, P. Massart",
        "Concentration Inequalities: A Nonasymptotic Theory of Independence",
        "Oxford University Press",
        2013,
        "ISBN 978-0-19-953525-5",
    ),
    Reference(
        "horn2013",
        "R. A. Horn, C. R. Johnson",
        "Matrix Analysis, 2nd edition",
        "Cambridge University Press",
        2013,
        "ISBN 978-0-521-83940-2",
    ),
    Reference(
        "abbaszadehpeivasti2023",
        "H. Abbaszadehpeivasti, E. de Klerk, M. Zamani",
        "Conditions for linear convergence of the gradient method for non-convex optimization",
        "Optimization Letters 17, 1105-1125",
        2023,
        "arXiv:2204.00647",
    ),
    Reference(
        "rubbens2025",
        "A. Rubbens, J. M. Hendrickx, A. B. Taylor",
        "A constructive approach to strengthen algebraic descriptions of function and operator classes",
        "arXiv",
        2025,
        "arXiv:2504.14377",
    ),
    Reference(
        "drori2014",
        "Y. Drori, M. Teboulle",
        "Performance of first-order methods for smooth convex minimization: a novel approach",
        "Mathematical Programming 145, 451-482",
        2014,
        "doi:10.1007/s10107-013-0653-0",
    ),
    Reference(
        "pinelis1994",
        "I. Pinelis",
        "Optimum bounds for the distributions of martingales in Banach spaces",
        "The Annals of Probability 22(4), 1679-1706",
        1994,
        "doi:10.1214/aop/1176988477",
    ),
    Reference(
        "gershgorin1931",
        "S. Gershgorin",
        "Über die Abgrenzung der Eigenwerte einer Matrix",
        "Izvestija Akademii Nauk SSSR, Otdelenie matematičeskich i estestvennych nauk 6, 749-754",
        1931,
        "mathnet:im5235",
    ),
    Reference(
        "jeannerod2013",
        "C.-P. Jeannerod, S. M. Rump",
        "Improved error bounds for inner products in floating-point arithmetic",
        "SIAM Journal on Matrix Analysis and Applications 34(2), 338-344",
        2013,
        "doi:10.1137/120894488",
    ),
    Reference(
        "rump2006",
        "S. M. Rump",
        "Verification of positive definiteness",
        "BIT Numerical Mathematics 46, 433-452",
        2006,
        "doi:10.1007/s10543-006-0056-1",
    ),
    Reference(
        "rump2014",
        "S. M. Rump, C.-P. Jeannerod",
        "Improved backward error bounds for LU and Cholesky factorizations",
        "SIAM Journal on Matrix Analysis and Applications 35(2), 684-698",
        2014,
        "doi:10.1137/130927231",
    ),
    Reference(
        "johansson2017",
        "F. Johansson",
        "Arb: efficient arbitrary-precision midpoint-radius interval arithmetic",
        "IEEE Transactions on Computers 66(8), 1281-1292",
        2017,
        "doi:10.1109/TC.2017.2690633",
    ),
)

BIBLIOGRAPHY: dict[str, Reference] = {entry.key: entry for entry in _ENTRIES}


def cited(sources: Iterable[Source]) -> str:
    """A theorem's sources in one line: ``"Du et al. (2019), Theorem 4.1 (…)"``, with semicolons between them."""
    return "; ".join(f"{BIBLIOGRAPHY[s.key].short()}, {s.number} ({s.role})" for s in sources)
