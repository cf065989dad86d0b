namespace RLSquared.Tensors.Random;

/// <summary>
/// The draws of one step of one trial in order. A mutable value type: keep it in a local, pass it by reference.
/// </summary>
public struct RandomSequence(RandomKey key, uint step)
{
    const double Word = 1.0 / (1UL << 32);

    readonly RandomKey key = key;
    readonly uint step = step;
    uint blocks;                        // blocks of four words drawn so far
    uint word1, word2, word3;           // what is left of the last block
    int left;

    /// <summary>The next 32 random bits.</summary>
    public uint NextWord()
    {
        switch (left)
        {
            case 3: left = 2; return word1;
            case 2: left = 1; return word2;
            case 1: left = 0; return word3;
        }
        (uint first, word1, word2, word3) = key.Words(step, blocks++);
        left = 3;
        return first;
    }

    /// <summary>Uniform on [0, 1), a multiple of 2⁻⁵³.</summary>
    public double NextUniform() => (((ulong)NextWord() << 21) ^ (NextWord() >> 11)) * (1.0 / (1UL << 53));

    /// <summary>Uniform on {0, …, <paramref name="count"/> − 1}, without bias.</summary>
    public int NextInt(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        // Lemire 2019: the high word of a product, rejecting the few values that would make some results likelier.
        uint n = (uint)count;
        ulong product = (ulong)NextWord() * n;
        if ((uint)product < n)
        {
            uint threshold = (0u - n) % n;
            while ((uint)product < threshold)
                product = (ulong)NextWord() * n;
        }
        return (int)(product >> 32);
    }

    /// <summary>
    /// Normal with mean 0 and variance 1 (Box and Muller; one draw of the pair is kept, the other dropped).
    /// </summary>
    public double NextNormal()
    {
        double radius = Math.Sqrt(-2 * Math.Log(1 - NextUniform()));   // 1 − u is never 0
        return radius * Math.Cos(2 * Math.PI * NextUniform());
    }

    /// <summary>Gamma with the given shape > 0 and scale 1 (Marsaglia and Tsang 2000).</summary>
    public double NextGamma(double shape)
    {
        if (!(shape > 0))
            throw new ArgumentOutOfRangeException(nameof(shape), shape, "a gamma variable needs a shape above 0");
        if (shape < 1)                                                       // boost: G(a) = G(a + 1) · U^(1/a)
            return NextGamma(shape + 1) * Math.Pow(1 - NextUniform(), 1 / shape);
        double gamma;
        while (!TryGamma(shape, NextNormal(), 1 - NextUniform(), out gamma))
        {
        }
        return gamma;
    }

    // One proposal from a normal x and a uniform u on (0, 1]. The first test is a squeeze that spares most logarithms.
    static bool TryGamma(double shape, double x, double u, out double gamma)
    {
        double d = shape - 1.0 / 3, v = 1 + x / Math.Sqrt(9 * d);
        v = v * v * v;
        gamma = d * v;
        if (v <= 0)
            return false;
        double square = x * x;
        return u < 1 - 0.0331 * square * square || Math.Log(u) < 0.5 * square + d - gamma + d * Math.Log(v);
    }

    /// <summary>Beta with both parameters > 0.</summary>
    public double NextBeta(double a, double b)
    {
        if (!(a > 0 && b > 0))
        {
            throw new ArgumentOutOfRangeException(
                nameof(a), $"both parameters of a beta variable must be above 0, but are {a} and {b}");
        }
        if (a == 1 && b == 1)
            return NextUniform();
        if (a == 1)
            return 1 - Math.Pow(1 - NextUniform(), 1 / b);                  // the distribution function, inverted
        if (b == 1)
            return Math.Pow(NextUniform(), 1 / a);
        double x, y;                                                        // G(a) / (G(a) + G(b))
        if (a > 1 && b > 1)
        {
            // Both gammas share one pair of normals: four words, one block, where nothing is rejected.
            double radius = Math.Sqrt(-2 * Math.Log((NextWord() + 0.5) * Word));
            (double sine, double cosine) = Math.SinCos(2 * Math.PI * Word * NextWord());
            if (!TryGamma(a, radius * cosine, (NextWord() + 0.5) * Word, out x))
                x = NextGamma(a);
            if (!TryGamma(b, radius * sine, (NextWord() + 0.5) * Word, out y))
                y = NextGamma(b);
        }
        else
        {
            x = NextGamma(a);
            y = NextGamma(b);
        }
        return x / (x + y);
    }

    /// <summary>
    /// Puts all elements into a random order, in place; every order is equally likely (Fisher and Yates). It takes one
    /// draw less than there are elements.
    /// </summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (int i = items.Length - 1; i > 0; i--)
        {
            int j = NextInt(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }
}
