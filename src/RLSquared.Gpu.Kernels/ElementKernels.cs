using ILGPU;

namespace RLSquared.Gpu.Kernels;

/// <summary>Functions of single numbers; each thread strides over the numbers by the whole grid.</summary>
static class ElementKernels
{
    /// <summary>y = f(x); the functions are numbered as in the engine.</summary>
    public static void Map(int function, int count, ArrayView<float> x, ArrayView<float> y)
    {
        for (int i = Place.First; i < count; i += Place.Stride)
        {
            float v = x[i];
            float result = v;
            switch (function)
            {
                case 0: result = v > 0 ? v : (Numbers.IsNaN(v) ? v : 0f); break;
                case 1: result = Numbers.Tanh(v); break;
                case 2: result = Numbers.Sigmoid(v); break;
                case 3: result = Numbers.Exp(v); break;
                case 4: result = Numbers.Log(v); break;
                case 5: result = Numbers.SquareRoot(v); break;
                case 6: result = -v; break;
                case 7: result = 1f / v; break;
            }
            y[i] = result;
        }
    }

    /// <summary>dx = g · f′, by the value y of relu, tanh or sigmoid.</summary>
    public static void MapGradient(
        int function, int count, ArrayView<float> y, ArrayView<float> g, ArrayView<float> dx)
    {
        for (int i = Place.First; i < count; i += Place.Stride)
        {
            float v = y[i];
            float slope;
            if (function == 0)
                slope = v > 0 ? 1f : 0f;
            else if (function == 1)
                slope = 1f - v * v;
            else
                slope = v * (1f - v);
            dx[i] = function == 0 ? (v > 0 ? g[i] : 0f) : g[i] * slope;
        }
    }

    /// <summary>
    /// y = a ∘ b; b is of a's shape (0), a row (1), a column (2) or one number (3), or where it is said, a block of
    /// <paramref name="columns"/> rows (4).
    /// </summary>
    public static void Zip(int combination, int repeat, int columns, int count, ArrayView<float> a,
        ArrayView<float> b, ArrayView<float> y)
    {
        for (int i = Place.First; i < count; i += Place.Stride)
        {
            int j = i;
            if (repeat == 1)
                j = i % columns;
            else if (repeat == 2)
                j = i / columns;
            else if (repeat == 3)
                j = 0;
            float u = a[i], v = b[j];
            float result;
            switch (combination)
            {
                case 0: result = u + v; break;
                case 1: result = u - v; break;
                case 2: result = u * v; break;
                case 3: result = u / v; break;
                case 4: result = v < u || Numbers.IsNaN(v) ? v : u; break;
                case 5: result = v > u || Numbers.IsNaN(v) ? v : u; break;
                default: result = u <= v ? 1f : 0f; break;
            }
            y[i] = result;
        }
    }

    /// <summary>y = scale · x + shift.</summary>
    public static void Affine(float scale, float shift, int count, ArrayView<float> x, ArrayView<float> y)
    {
        for (int i = Place.First; i < count; i += Place.Stride)
            y[i] = scale * x[i] + shift;
    }

    /// <summary>y = x · factor[0].</summary>
    public static void ScaleBy(int count, ArrayView<float> factor, ArrayView<float> x, ArrayView<float> y)
    {
        float scale = factor[0];
        for (int i = Place.First; i < count; i += Place.Stride)
            y[i] = scale * x[i];
    }

    /// <summary>y = value.</summary>
    public static void Fill(float value, int count, ArrayView<float> y)
    {
        for (int i = Place.First; i < count; i += Place.Stride)
            y[i] = value;
    }

    /// <summary>y = x cut to low … high.</summary>
    public static void Clamp(float low, float high, int count, ArrayView<float> x, ArrayView<float> y)
    {
        for (int i = Place.First; i < count; i += Place.Stride)
        {
            float v = x[i];
            if (v < low)
                v = low;
            if (v > high)
                v = high;
            y[i] = v;
        }
    }

    /// <summary>Writes 0 into flag if a number is not finite; all threads that find one write the same.</summary>
    public static void AllFinite(int count, ArrayView<float> x, ArrayView<float> flag)
    {
        for (int i = Place.First; i < count; i += Place.Stride)
        {
            if (((int)Interop.FloatAsInt(x[i]) & 0x7F800000) == 0x7F800000)
                flag[0] = 0;
        }
    }

    /// <summary>Numbers of half the size: the upper sixteen bits, rounded to the nearest even.</summary>
    public static void ToHalf(int count, ArrayView<float> x, ArrayView<short> y)
    {
        for (int i = Place.First; i < count; i += Place.Stride)
        {
            uint bits = Interop.FloatAsInt(x[i]);
            y[i] = (short)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
        }
    }

    /// <summary>The numbers that half-size ones stand for.</summary>
    public static void FromHalf(int count, ArrayView<short> x, ArrayView<float> y)
    {
        for (int i = Place.First; i < count; i += Place.Stride)
            y[i] = Interop.IntAsFloat((uint)(ushort)x[i] << 16);
    }

    /// <summary>Numbers −1 … 1 from bytes: 2b / 255 − 1.</summary>
    public static void FromBytes(int count, ArrayView<byte> x, ArrayView<float> y)
    {
        for (int i = Place.First; i < count; i += Place.Stride)
            y[i] = x[i] * (2f / 255f) - 1f;
    }
}
