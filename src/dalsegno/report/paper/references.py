"""What the methods that a run used were published as, numbered in order of appearance."""

import re
from collections.abc import Iterable

PAPERS = {
    "adam": "D. P. Kingma, J. Ba: Adam: a method for stochastic optimization. ICLR 2015.",
    "adamw": "I. Loshchilov, F. Hutter: Decoupled weight decay regularization. ICLR 2019.",
    "rmsprop": "T. Tieleman, G. Hinton: Lecture 6.5: RMSProp. Coursera: Neural networks for machine learning, 2012.",
    "cosine": "I. Loshchilov, F. Hutter: SGDR: stochastic gradient descent with warm restarts. ICLR 2017.",
    "onecycle": "L. N. Smith, N. Topin: Super-convergence: very fast training of neural networks using large learning rates. SPIE 2019.",
    "mixup": "H. Zhang, M. Cisse, Y. N. Dauphin, D. Lopez-Paz: mixup: beyond empirical risk minimization. ICLR 2018.",
    "masks": "D. S. Park et al.: SpecAugment: a simple data augmentation method for automatic speech recognition. Interspeech 2019.",
    "smoothing": "C. Szegedy et al.: Rethinking the Inception architecture for computer vision. CVPR 2016.",
    "dropout": "N. Srivastava et al.: Dropout: a simple way to prevent neural networks from overfitting. JMLR 15, 2014.",
    "random": "J. Bergstra, Y. Bengio: Random search for hyper-parameter optimization. JMLR 13, 2012.",
    "tpe": "J. Bergstra, R. Bardenet, Y. Bengio, B. Kégl: Algorithms for hyper-parameter optimization. NIPS 2011.",
    "halving": "L. Li et al.: A system for massively parallel hyperparameter tuning. MLSys 2020.",
    "svm": "C. Cortes, V. Vapnik: Support-vector networks. Machine Learning 20, 1995.",
    "forest": "L. Breiman: Random forests. Machine Learning 45, 2001.",
    "resnet": "K. He, X. Zhang, S. Ren, J. Sun: Deep residual learning for image recognition. CVPR 2016.",
    "vgg": "K. Simonyan, A. Zisserman: Very deep convolutional networks for large-scale image recognition. ICLR 2015.",
    "lenet": "Y. LeCun, L. Bottou, Y. Bengio, P. Haffner: Gradient-based learning applied to document recognition. Proc. IEEE 86, 1998.",
    "squeezenet": "F. N. Iandola et al.: SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and <0.5MB model size. arXiv:1602.07360, 2016.",
    "efficientat": "F. Schmid, K. Koutini, G. Widmer: Efficient large-scale audio tagging via transformer-to-CNN knowledge distillation. ICASSP 2023.",
    "efficientnet": "M. Tan, Q. V. Le: EfficientNet: rethinking model scaling for convolutional neural networks. ICML 2019.",
    "musicnn": "J. Pons, X. Serra: musicnn: pre-trained convolutional neural networks for music audio tagging. ISMIR late-breaking demo, 2019.",
    "ast": "Y. Gong, Y.-A. Chung, J. Glass: AST: audio spectrogram transformer. Interspeech 2021.",
    "mfcc": "S. B. Davis, P. Mermelstein: Comparison of parametric representations for monosyllabic word recognition. IEEE Trans. ASSP 28, 1980.",
    "gtzan": "G. Tzanetakis, P. Cook: Musical genre classification of audio signals. IEEE Trans. Speech and Audio Processing 10, 2002.",
    "faults": "B. L. Sturm: The GTZAN dataset: its contents, its faults, their effects on evaluation, and its future use. arXiv:1306.1461, 2013.",
    "fault_filtered": "C. Kereliuk, B. L. Sturm, J. Larsen: Deep learning and music adversaries. IEEE Trans. Multimedia 17, 2015.",
    "nsynth": "J. Engel et al.: Neural audio synthesis of musical notes with WaveNet autoencoders. ICML 2017.",
    "wilson": "E. B. Wilson: Probable inference, the law of succession, and statistical inference. JASA 22, 1927.",
    "tango": "T. Tango: Equivalence test and confidence interval for the difference in proportions for the paired-sample design. Statistics in Medicine 17, 1998.",
    "holm": "S. Holm: A simple sequentially rejective multiple test procedure. Scandinavian Journal of Statistics 6, 1979.",
    "cochran": "W. G. Cochran: The comparison of percentages in matched samples. Biometrika 37, 1950.",
    "folds": "G. Forman, M. Scholz: Apples-to-apples in cross-validation studies. SIGKDD Explorations 12, 2010.",
    "resampled": "C. Nadeau, Y. Bengio: Inference for the generalization error. Machine Learning 52, 2003.",
    "benavoli": "A. Benavoli, G. Corani, J. Demšar, M. Zaffalon: Time for a change: a tutorial for comparing multiple classifiers through Bayesian analysis. JMLR 18, 2017.",
    "guo": "C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger: On calibration of modern neural networks. ICML 2017.",
    "occlusion": "M. D. Zeiler, R. Fergus: Visualizing and understanding convolutional networks. ECCV 2014.",
    "librosa": "B. McFee et al.: librosa: audio and music signal analysis in Python. SciPy 2015.",
    "sklearn": "F. Pedregosa et al.: Scikit-learn: machine learning in Python. JMLR 12, 2011.",
    "pytorch": "A. Paszke et al.: PyTorch: an imperative style, high-performance deep learning library. NeurIPS 2019.",
}  # fmt: skip


MARK = "\ue000"  # of the private use area


class Cited:
    """Numbers papers as they are first cited."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    def __call__(self, *keys: str) -> str:
        """` [1, 2]`, to stand behind what was used; empty for no key that is known here."""
        known = [key for key in keys if key in PAPERS]
        self.keys += [key for key in dict.fromkeys(known) if key not in self.keys]
        return (
            f" [{', '.join(str(n) for n in sorted(self.keys.index(key) + 1 for key in set(known)))}]" if known else ""
        )

    def listed(self) -> list[str]:
        """The papers in the order of their numbers."""
        return [PAPERS[key] for key in self.keys]


class Later(Cited):
    """Marks what is cited; `cited` numbers it when the order is known in which texts stand."""

    def __call__(self, *keys: str) -> str:
        """A mark that no text has otherwise."""
        named = known(keys)
        return f"{MARK}{' '.join(named)}{MARK}" if named else ""


def cited(text: str, cite: Cited) -> str:
    """A text in which `Later` has left marks, with numbers in their place."""
    return re.sub(f"{MARK}(.*?){MARK}", lambda found: cite(*found[1].split()), text)


def known(words: Iterable[str]) -> list[str]:
    """Those of `words` that name a published method."""
    return [word for word in words if word in PAPERS]
