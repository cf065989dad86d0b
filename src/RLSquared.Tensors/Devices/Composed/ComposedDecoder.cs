namespace RLSquared.Tensors.Devices;

/// <summary>Parts of a decoder made of primitives.</summary>
internal static class ComposedDecoder
{
    public static void RotaryHeads(Device device, bool inverse, int H, Tensor x, Tensor cosines, Tensor sines, Tensor y)
    {
        int M = x.Shape.Rows, E = x.Shape.Columns / H;
        using var scratch = new Arena(device);
        int[] rows = new int[M * H];
        for (int r = 0; r < rows.Length; r++)
            rows[r] = r / H;
        Indices index = scratch.CopyIndices(rows);
        Tensor cosine = scratch.Allocate(new Shape(M * H, E / 2)), sine = scratch.Allocate(new Shape(M * H, E / 2));
        device.GatherRows(cosines.WithShape(new Shape(M, E / 2)), index, cosine);
        device.GatherRows(sines.WithShape(new Shape(M, E / 2)), index, sine);
        var shape = new Shape(1, M * H, E);
        device.Rotary(inverse, x.WithShape(shape), cosine, sine, y.WithShape(shape));
    }

    public static void Attention(
        Device device, in AttentionShape shape, Indices starts, Tensor q, Tensor k, Tensor v, Tensor y)
    {
        using var scratch = new Arena(device);
        foreach (Part part in Part.All(device, shape, starts, q, k, v, scratch))
        {
            Tensor result = scratch.Allocate(new Shape(part.T, shape.E));
            device.Product(false, false, part.P, part.V, result);
            device.CopyColumns(result, 0, y.RowsFrom(part.First, new Shape(part.T, y.Shape.Columns)),
                part.H * shape.E, shape.E);
        }
    }

    // dv = pᵀ g;  dp = g vᵀ;  ds = the softmax's gradient, scaled;  dq = ds k;  dk = dsᵀ q; heads of keys add up.
    public static void AttentionGradient(Device device, in AttentionShape shape, Indices starts, Tensor q, Tensor k,
        Tensor v, Tensor g, Tensor dq, Tensor dk, Tensor dv)
    {
        using var scratch = new Arena(device);
        device.Fill(dk, 0);
        device.Fill(dv, 0);
        foreach (Part part in Part.All(device, shape, starts, q, k, v, scratch))
        {
            var rows = new Shape(part.T, shape.E);
            Tensor slope = scratch.Allocate(rows), own = scratch.Allocate(rows), sum = scratch.Allocate(rows);
            Tensor scores = scratch.Allocate(new Shape(part.T, part.T));
            device.CopyColumns(g.RowsFrom(part.First, new Shape(part.T, g.Shape.Columns)), part.H * shape.E, slope, 0,
                shape.E);
            device.Product(true, false, part.P, slope, own);
            Add(dv, part.G);
            device.Product(false, true, slope, part.V, scores);
            device.SoftmaxGradient(false, part.P, scores, scores);
            device.Affine(scores, shape.Scale, 0, scores);
            device.Product(false, false, scores, part.K, own);
            device.CopyColumns(own, 0, dq.RowsFrom(part.First, new Shape(part.T, dq.Shape.Columns)), part.H * shape.E,
                shape.E);
            device.Product(true, false, scores, part.Q, own);
            Add(dk, part.G);

            void Add(Tensor to, int head)
            {
                Tensor place = to.RowsFrom(part.First, new Shape(part.T, to.Shape.Columns));
                int columns = own.Shape.Columns;
                device.CopyColumns(place, head * columns, sum, 0, columns);
                device.Zip(Combination.Add, sum, own, Repeat.None, sum);
                device.CopyColumns(sum, 0, place, head * columns, columns);
            }
        }
    }

    /// <summary>One head of one sequence: queries, keys, values [T, E] and probabilities [T, T].</summary>
    sealed record Part(int First, int T, int H, int G, Tensor Q, Tensor K, Tensor V, Tensor P)
    {
        public static IEnumerable<Part> All(
            Device device, AttentionShape shape, Indices starts, Tensor q, Tensor k, Tensor v, Arena scratch)
        {
            int[] rows = starts.ToArray();
            for (int s = 0; s + 1 < rows.Length; s++)
            {
                for (int h = 0; h < shape.H; h++)
                {
                    int first = rows[s], T = rows[s + 1] - first, g = h * shape.G / shape.H;
                    if (T == 0)
                        continue;
                    Tensor query = Head(q, h), key = Head(k, g), value = Head(v, g);
                    Tensor p = scratch.Allocate(new Shape(T, T));
                    device.Product(false, true, query, key, p);
                    device.Affine(p, shape.Scale, 0, p);
                    Tensor cube = p.WithShape(new Shape(1, T, T));
                    device.MaskedSoftmax(true, cube, shape.Window == 0 ? default : Window(T), cube);
                    yield return new Part(first, T, h, g, query, key, value, p);

                    Tensor Head(Tensor x, int head)
                    {
                        Tensor part = scratch.Allocate(new Shape(T, shape.E));
                        device.CopyColumns(x.RowsFrom(first, new Shape(T, x.Shape.Columns)), head * shape.E, part, 0,
                            shape.E);
                        return part;
                    }

                    Tensor Window(int length)
                    {
                        float[] mask = new float[length * length];
                        for (int t = 0; t < length; t++)
                            mask.AsSpan(t * length, shape.First(t)).Fill(float.NegativeInfinity);
                        return scratch.Copy(new Shape(length, length), mask);
                    }
                }
            }
        }
    }

    public static void Gated(Device device, Tensor a, Tensor b, Tensor y)
    {
        using var scratch = new Arena(device);
        Tensor sigma = scratch.Allocate(a.Shape);
        device.Map(Function.Sigmoid, a, sigma);
        device.Zip(Combination.Multiply, sigma, a, Repeat.None, sigma);
        device.Zip(Combination.Multiply, sigma, b, Repeat.None, y);
    }

    // With σ = σ(a): db = g a σ, da = g b σ (1 + a (1 − σ)).
    public static void GatedGradient(Device device, Tensor a, Tensor b, Tensor g, Tensor da, Tensor db)
    {
        using var scratch = new Arena(device);
        Tensor sigma = scratch.Allocate(a.Shape), inner = scratch.Allocate(a.Shape);
        device.Map(Function.Sigmoid, a, sigma);
        device.Affine(sigma, -1, 1, inner);
        device.Zip(Combination.Multiply, inner, a, Repeat.None, inner);
        device.Affine(inner, 1, 1, inner);
        device.Zip(Combination.Multiply, inner, sigma, Repeat.None, inner);
        device.Zip(Combination.Multiply, inner, b, Repeat.None, inner);
        device.Zip(Combination.Multiply, sigma, a, Repeat.None, sigma);
        device.Zip(Combination.Multiply, inner, g, Repeat.None, da);
        device.Zip(Combination.Multiply, sigma, g, Repeat.None, db);
    }

    public static void Vocabulary(
        Device device, Tensor h, Tensor w, Indices selected, float scale, Tensor y)
    {
        int S = h.Shape.Rows, V = w.Shape.Rows;
        using var scratch = new Arena(device);
        Tensor scores = scratch.Allocate(new Shape(S, V)), p = scratch.Allocate(new Shape(S, V));
        Tensor own = scratch.Allocate(new Shape(S, 1));
        Logarithms(device, h, w, scale, scores);
        device.GatherColumns(scores, selected, own);
        device.CopyColumns(own, 0, y, 0, 1);
        device.Map(Function.Exp, scores, p);
        device.Zip(Combination.Multiply, p, scores, Repeat.None, p);
        device.Sum(Repeat.Column, p, own);
        device.Map(Function.Negate, own, own);
        device.CopyColumns(own, 0, y, 1, 1);
    }

    // dx = scale · (g₀ (1 at the selected − p) − g₁ p (ln p + entropy)).
    public static void VocabularyGradient(Device device, Tensor h, Tensor w, Indices selected, float scale, Tensor y,
        Tensor g, Tensor dh, Tensor dw)
    {
        int S = h.Shape.Rows, V = w.Shape.Rows;
        using var scratch = new Arena(device);
        Tensor logarithms = scratch.Allocate(new Shape(S, V)), p = scratch.Allocate(new Shape(S, V));
        Tensor slopes = scratch.Allocate(new Shape(S, V));
        Tensor g0 = scratch.Allocate(new Shape(S, 1)), g1 = scratch.Allocate(new Shape(S, 1));
        Tensor entropy = scratch.Allocate(new Shape(S, 1));
        device.CopyColumns(g, 0, g0, 0, 1);
        device.CopyColumns(g, 1, g1, 0, 1);
        device.CopyColumns(y, 1, entropy, 0, 1);
        Logarithms(device, h, w, scale, logarithms);
        device.Map(Function.Exp, logarithms, p);
        device.Zip(Combination.Add, logarithms, entropy, Repeat.Column, logarithms);
        device.Zip(Combination.Multiply, logarithms, g1, Repeat.Column, logarithms);
        device.Zip(Combination.Add, logarithms, g0, Repeat.Column, logarithms);
        device.Zip(Combination.Multiply, logarithms, p, Repeat.None, logarithms);
        device.ScatterColumns(g0, selected, slopes);
        device.Zip(Combination.Subtract, slopes, logarithms, Repeat.None, slopes);
        device.Affine(slopes, scale, 0, slopes);
        device.Product(false, false, slopes, w, dh);
        if (dw.Exists)
            device.Product(true, false, slopes, h, dw);
    }

    static void Logarithms(Device device, Tensor h, Tensor w, float scale, Tensor scores)
    {
        device.Product(false, true, h, w, scores);
        device.Affine(scores, scale, 0, scores);
        device.Softmax(true, scores, scores);
    }
}
