namespace RLSquared.Tensors.Random;

/// <summary>
/// Philox 4×32-10, a counter-based generator: four random words are a pure function of a 64-bit key and a 128-bit
/// counter, so a draw depends on what it is for and never on who drew before it. (Salmon et al., 'Parallel random
/// numbers: as easy as 1, 2, 3', 2011.)
/// </summary>
public static class Philox
{
    const uint Multiplier0 = 0xD2511F53, Multiplier1 = 0xCD9E8D57;   // chosen by the authors for avalanche
    const uint Weyl0 = 0x9E3779B9, Weyl1 = 0xBB67AE85;               // golden ratio, √3 − 1
    const int Rounds = 10;

    /// <summary>
    /// The four words of counter (<paramref name="c0"/>…<paramref name="c3"/>) under <paramref name="key"/>.
    /// </summary>
    public static (uint X0, uint X1, uint X2, uint X3) Draw(ulong key, uint c0, uint c1, uint c2, uint c3)
    {
        uint k0 = (uint)key, k1 = (uint)(key >> 32);
        for (int round = 0; round < Rounds; round++)
        {
            ulong p0 = (ulong)Multiplier0 * c0, p1 = (ulong)Multiplier1 * c2;
            (c0, c1, c2, c3) = ((uint)(p1 >> 32) ^ c1 ^ k0, (uint)p1, (uint)(p0 >> 32) ^ c3 ^ k1, (uint)p0);
            k0 += Weyl0;
            k1 += Weyl1;
        }
        return (c0, c1, c2, c3);
    }
}
