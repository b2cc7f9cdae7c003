# SPDX-License-Identifier: GPL-2.0
"""Train a network that recognises handwritten digits, for digits.c.

Usage: train.py FILE

scikit-learn's load_digits (images of 8x8) and its MLPClassifier, 64-32-10: trained
on 3 of 4 images. FILE gets the network, the images that it has not seen, and what
they are, all little endian:

    char    "DIGITS\\0\\1"
    u32     images
    f32     hidden[33][65]    weights of the hidden layer
    f32     output[10][33]    weights of the output layer
    f32     image[images][65]
    u8      label[images]     what they are
    u8      answer[images]    what the network says on this CPU

The last input of each image is 1, and the last row of the hidden layer passes it on,
so that the weights of these are the biases.
"""
import struct
import sys

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier


def with_bias(weights, bias):
    """Weights by output and input, the bias as those of a last input."""
    return np.vstack([weights, bias]).T.astype('<f4')


def train():
    digits = load_digits()
    seen, unseen, seen_label, label = train_test_split(
        digits.data / 16, digits.target, random_state=1)
    net = MLPClassifier((32,), max_iter=1000, random_state=1)
    net.fit(seen, seen_label)
    hidden = with_bias(net.coefs_[0], net.intercepts_[0])
    passes_on = np.zeros((1, 65), '<f4')
    passes_on[0, 64] = 1
    hidden = np.vstack([hidden, passes_on])
    output = with_bias(net.coefs_[1], net.intercepts_[1])
    return hidden, output, unseen, label, net.predict(unseen)


def main(path):
    hidden, output, images, label, answer = train()
    ones = np.ones((len(images), 1))
    with open(path, 'wb') as out:
        out.write(b'DIGITS\0\1' + struct.pack('<I', len(images)))
        for array in hidden, output, np.hstack([images, ones]):
            out.write(array.astype('<f4').tobytes())
        for array in label, answer:
            out.write(array.astype('u1').tobytes())


main(sys.argv[1])
