from fer.nets.cost import multiply_adds, summary


def test_multiply_adds_count_convolutions_and_dense_layers() -> None:
    import keras

    inputs = keras.Input((10, 10, 1))
    x = keras.layers.Conv2D(4, 3, padding="same")(inputs)  # 10·10·9·4
    x = keras.layers.Flatten()(x)
    model = keras.Model(inputs, keras.layers.Dense(3)(x))  # 400·3
    assert multiply_adds(model) == 3600 + 1200


def test_separable_convolutions_count_both_their_parts() -> None:
    import keras

    inputs = keras.Input((10, 10, 4))
    x = keras.layers.SeparableConv2D(8, 3, padding="same", use_bias=False)(inputs)
    model = keras.Model(inputs, x)
    assert multiply_adds(model) == 100 * (9 * 4 + 4 * 8)
    assert [row["multiply_adds"] for row in summary(model)] == [0, 6800]
