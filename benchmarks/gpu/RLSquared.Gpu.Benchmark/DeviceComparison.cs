using RLSquared.Tensors;
using RLSquared.Tensors.Devices;

namespace RLSquared.Gpu.Benchmark;

/// <summary>
/// Every primitive and every fused form of a device against those of the processor, on the same numbers.
/// </summary>
sealed class DeviceComparison : IDisposable
{
    readonly Side here, there;
    readonly Random random = new(11);
    readonly List<(string Name, double Error)> results = [];
    readonly int scale;

    public DeviceComparison(Device device, int scale = 1)
    {
        (here, there) = (new Side(Device.Cpu), new Side(device));
        this.scale = scale;
    }

    /// <summary>
    /// The relative error of each result, ‖there − here‖ / ‖here‖; infinite where a number is missing.
    /// </summary>
    public IReadOnlyList<(string Name, double Error)> Run()
    {
        Elements();
        SumsAndCopies();
        Selections();
        Rows();
        Images();
        Learning();
        Attention();
        foreach (bool relu in (bool[])[false, true])
        {
            Gru(5, 3, 7, 2, 1, relu, initial: true, addressed: false);
            Gru(4, 5, 6, 11, 0, relu, initial: false, addressed: false);
            Gru(4, 3, 5, 3, 2, relu, initial: false, addressed: true);
        }
        return results;
    }

    void Elements()
    {
        var shape = new Shape(6 * scale, 9);
        foreach (Function function in Enum.GetValues<Function>())
        {
            float low = function is Function.Log or Function.Sqrt ? 0.01f : -5;
            Do($"map-{function}", [(shape, low, 5)], shape, (device, x, y) => device.Map(function, x[0], y));
            if (function <= Function.Sigmoid)
            {
                Do($"map-gradient-{function}", [(shape, 0, 0.9f), (shape, -1, 1)], shape,
                    (device, x, y) => device.MapGradient(function, x[0], x[1], y));
            }
        }
        foreach (Combination combination in Enum.GetValues<Combination>())
        {
            foreach (Repeat repeat in Enum.GetValues<Repeat>())
            {
                Shape other = repeat switch
                {
                    Repeat.Row => new Shape(9),
                    Repeat.Column => new Shape(6 * scale, 1),
                    Repeat.Scalar => new Shape(1),
                    _ => shape,
                };
                Do($"zip-{combination}-{repeat}", [(shape, -2, 2), (other, 0.5f, 2)], shape,
                    (device, x, y) => device.Zip(combination, x[0], x[1], repeat, y));
            }
        }
        Do("affine", [(shape, -2, 2)], shape, (device, x, y) => device.Affine(x[0], 1.5f, -0.25f, y));
        Do("fill", [(shape, -2, 2)], shape, (device, x, y) => device.Fill(y, 0.75f));
        Do("clamp", [(shape, -2, 2)], shape, (device, x, y) => device.Clamp(x[0], -0.5f, 1, y));
    }

    void SumsAndCopies()
    {
        var shape = new Shape(17 * scale, 40);
        Do("sum-none", [(shape, 0, 1)], shape, (device, x, y) => device.Sum(Repeat.None, x[0], y));
        Do("sum-row", [(shape, 0, 1)], new Shape(40), (device, x, y) => device.Sum(Repeat.Row, x[0], y));
        Do("sum-column", [(shape, 0, 1)], new Shape(17 * scale, 1),
            (device, x, y) => device.Sum(Repeat.Column, x[0], y));
        Do("sum-scalar", [(shape, 0, 1)], new Shape(1), (device, x, y) => device.Sum(Repeat.Scalar, x[0], y));
        foreach (bool backwards in (bool[])[false, true])
        {
            Do($"running-sum-{backwards}", [(shape, 0, 1)], shape,
                (device, x, y) => device.RunningSum(backwards, x[0], y));
            Do($"linear-recurrence-{backwards}", [(shape, 0, 1), (shape, 0, 0.9f)], shape,
                (device, x, y) => device.LinearRecurrence(backwards, x[0], x[1], y));
        }
        Do("copy", [(shape, 0, 1)], shape, (device, x, y) => device.Copy(x[0], y));
        Do("copy-columns", [(shape, 0, 1)], new Shape(17 * scale, 6), (device, x, y) =>
        {
            device.Fill(y, 0);
            device.CopyColumns(x[0], 3, y, 1, 4);
        });
        Do("transpose", [(new Shape(2, 5, 8), 0, 1)], new Shape(2, 8, 5),
            (device, x, y) => device.Transpose(2, 5, 8, x[0], y));
        foreach ((bool a, bool b) in ((bool, bool)[])[(false, false), (true, false), (false, true), (true, true)])
        {
            (int M, int K, int N) = (13 * scale, 21, 10);
            Shape left = a ? new Shape(K, M) : new Shape(M, K), right = b ? new Shape(N, K) : new Shape(K, N);
            Do($"product-{a}-{b}", [(left, -1, 1), (right, -1, 1)], new Shape(M, N),
                (device, x, y) => device.Product(a, b, x[0], x[1], y));
            Do($"batched-product-{a}-{b}",
                [(new Shape(3, left.Rows, left.Columns), -1, 1), (new Shape(3, right.Rows, right.Columns), -1, 1)],
                new Shape(3, M, N), (device, x, y) => device.BatchedProduct(a, b, x[0], x[1], y));
        }
        Do("product-column", [(new Shape(30, 12), -1, 1), (new Shape(12, 1), -1, 1)], new Shape(30, 1),
            (device, x, y) => device.Product(false, false, x[0], x[1], y));
    }

    void Selections()
    {
        int rows = 25 * scale, columns = 6;
        var shape = new Shape(rows, columns);
        int[] index = Whole(rows, 0, columns), free = Whole(rows, -1, columns), lanes = Whole(4, 0, 7);
        Do("gather-columns", [(shape, -1, 1)], new Shape(rows),
            (device, x, y) => device.GatherColumns(x[0], Put(y, index), y));
        Do("scatter-columns", [(new Shape(rows), -1, 1)], shape,
            (device, x, y) => device.ScatterColumns(x[0], Put(y, index), y));
        Do("gather-rows", [(new Shape(columns, 5), -1, 1)], new Shape(rows, 5),
            (device, x, y) => device.GatherRows(x[0], Put(y, free), y));
        Do("scatter-rows", [(shape, -1, 1)], new Shape(columns, columns),
            (device, x, y) => device.ScatterRows(x[0], Put(y, free), y));
        Do("max-of-columns", [(shape, -1, 1)], new Shape(rows),
            (device, x, y) => device.MaxOfColumns(x[0], y, Put(y, index)));
        Do("pick-lanes", [(new Shape(3, 7, 5), -1, 1)], new Shape(2, 4, 5),
            (device, x, y) => device.PickLanes(x[0].Address, y.Address, 2, 7, 5 * sizeof(float), Put(y, lanes)));
        foreach (bool scaled in (bool[])[false, true])
        {
            (Shape, float, float) table = (new Shape(columns, 9), -1, 1), each = (new Shape(rows), -1, 1);
            Do($"tanh-of-rows-{scaled}", [table, table, each, (new Shape(9), -1, 1)],
                new Shape(rows, 9), (device, x, y) => device.TanhOfRows(x[0], Put(y, index), x[1],
                    Put(y, [.. index.Reverse()]), scaled ? x[2] : default, scaled ? x[3] : default, y));
            // All three gradients lie in one tensor, one after the other.
            Do($"tanh-of-rows-gradient-{scaled}",
                [(new Shape(rows, 9), -0.9f, 0.9f), (new Shape(rows, 9), -1, 1), each],
                new Shape(2 * columns + 1, 9), (device, x, y) =>
                {
                    device.Fill(y, 0.5f);
                    device.TanhOfRowsGradient(x[0], x[1], Put(y, index), Put(y, [.. index.Reverse()]),
                        scaled ? x[2] : default, y.RowsFrom(0, new Shape(columns, 9)),
                        y.RowsFrom(columns, new Shape(columns, 9)),
                        scaled ? y.RowsFrom(2 * columns, new Shape(9)) : default);
                });
        }
    }

    void Rows()
    {
        foreach (int columns in (int[])[7, 50])
        {
            int rows = 8 * scale;
            var shape = new Shape(rows, columns);
            int[] index = Whole(rows, 0, columns);
            foreach (bool logarithm in (bool[])[false, true])
            {
                Do($"softmax-{logarithm}-{columns}", [(shape, -4, 4)], shape,
                    (device, x, y) => device.Softmax(logarithm, x[0], y));
                Do($"softmax-gradient-{logarithm}-{columns}", [(shape, -4, -0.1f), (shape, -1, 1)], shape,
                    (device, x, y) => device.SoftmaxGradient(logarithm, x[0], x[1], y));
            }
            (Shape, float, float) numbers = (shape, -2, 3), slopes = (shape, -1, 1);
            (Shape, float, float) gain = (new Shape(columns), 0.5f, 2), bias = (new Shape(columns), -1, 1);
            Do($"layer-normalise-{columns}", [numbers, gain, bias], shape,
                (device, x, y) => device.LayerNormalise(x[0], x[1], x[2], 1e-5f, y, Room(y, rows), Room(y, rows)));
            Do($"layer-normalise-gradient-{columns}",
                [numbers, gain, (new Shape(rows), -1, 1), (new Shape(rows), 0.5f, 2), slopes],
                new Shape(rows + 2, columns), (device, x, y) => device.LayerNormaliseGradient(
                    x[0], x[1], x[2], x[3], x[4], y.RowsFrom(0, shape), y.RowsFrom(rows, new Shape(columns)),
                    y.RowsFrom(rows + 1, new Shape(columns))));
            Do($"rms-normalise-{columns}", [(shape, -2, 3), (new Shape(columns), 0.5f, 2)], shape,
                (device, x, y) => device.RmsNormalise(x[0], x[1], 1e-5f, y, Column(y, rows)));
            Do($"rms-normalise-gradient-{columns}", [numbers, gain, (new Shape(rows, 1), 0.5f, 2), slopes],
                new Shape(rows + 1, columns), (device, x, y) => device.RmsNormaliseGradient(x[0], x[1], x[2], x[3],
                    y.RowsFrom(0, shape), y.RowsFrom(rows, new Shape(columns))));
            Do($"selected-log-probability-{columns}", [(shape, -4, 4)], new Shape(rows, 1),
                (device, x, y) => device.SelectedLogProbability(x[0], Put(y, index), y));
            Do($"selected-log-probability-gradient-{columns}", [(shape, -4, 4), (new Shape(rows, 1), -1, 1)], shape,
                (device, x, y) => device.SelectedLogProbabilityGradient(x[0], Put(y, index), x[1], y));
            Do($"sample-categorical-{columns}", [(shape, -3, 3), (new Shape(rows), 0, 1)], new Shape(rows),
                (device, x, y) => device.SampleCategorical(x[0], x[1], Put(y, index), y));
        }
    }

    void Images()
    {
        var window = new Window(2, 3, 7, 6, 3, 2, 2, 1);
        var images = new Shape(2, 3, 7, 6);
        var columns = new Shape(2 * window.PlacesDown * window.PlacesAcross, window.Seen);
        Do("image-to-columns", [(images, -1, 1)], columns, (device, x, y) => device.ImageToColumns(in window, x[0], y));
        Do("columns-to-image", [(columns, -1, 1)], images, (device, x, y) =>
        {
            device.Fill(y, 0);
            device.ColumnsToImage(in window, x[0], y);
        });
        Do("widen", [], new Shape(2, 24), (device, _, y) =>
        {
            Images bytes = Tensors.Images.Allocate(Scratch(y), 2, 4, 3, 2);
            bytes.CopyFrom([.. Enumerable.Range(0, 48).Select(i => (byte)(i * 5))]);
            device.Widen(bytes, y);
        });
        var flat = new Window(2, 3, 7, 6, 3, 3, 2, 0);
        var filtered = new Shape(2, flat.PlacesDown, flat.PlacesAcross, 5);
        (Shape, float, float) last = (new Shape(2, 7, 6, 3), -1, 1), weight = (new Shape(flat.Seen, 5), -1, 1);
        Do("filter", [last, weight, (new Shape(5), -1, 1)], filtered, (device, x, y) =>
            device.FilterForward(in flat, x[0], default, x[1], x[2], Scratch(y), y));
        Do("filter-gradient", [last, weight, (filtered, -1, 1), (filtered, -1, 1)],
            new Shape(flat.Seen * 5 + 5 + 2 * 7 * 6 * 3, 1),
            (device, x, y) =>
            {
                Parts parts = new(Scratch(y));
                device.FilterBackward(in flat, x[0], default, x[1], x[2], x[3], Scratch(y),
                    parts.Next(new Shape(flat.Seen, 5)), parts.Next(new Shape(5)), parts.Next(new Shape(2, 7, 6, 3)));
                parts.CopyTo(y);
            });
    }

    void Learning()
    {
        var shape = new Shape(11 * scale, 13);
        Do("add-sum-of-squares", [(shape, -1, 1)], new Shape(1), (device, x, y) =>
        {
            device.Fill(y, 2);
            device.AddSumOfSquares(x[0], y);
        });
        Do("norm", [(shape, -1, 1), (new Shape(5), 0, 1)], new Shape(1), (device, x, y) => device.Norm(x, y));
        Do("all-finite", [(shape, -1, 1)], new Shape(2), (device, x, y) =>
        {
            device.Fill(y, 1);
            device.AllFinite(x[0], y.RowsFrom(0, new Shape(1)));
            device.Map(Function.Log, y.RowsFrom(0, new Shape(1)), x[0].RowsFrom(0, new Shape(1)));
            device.Affine(x[0].RowsFrom(1, new Shape(1)), float.PositiveInfinity, 0, x[0].RowsFrom(1, new Shape(1)));
            device.AllFinite(x[0], y.RowsFrom(1, new Shape(1)));
        });
        foreach (float limit in (float[])[0.3f, 30])
        {
            Do($"limit-by-norm-{limit}", [(shape, -1, 1), (new Shape(1), 3, 4)], shape, (device, x, y) =>
            {
                device.Copy(x[0], y);
                device.LimitByNorm(y, x[1], limit);
            });
            Do($"limit-by-element-{limit}", [(shape, -1, 1), (new Shape(1), 3, 4)], shape, (device, x, y) =>
            {
                device.Copy(x[0], y);
                device.LimitByElement(y, x[1], limit);
            });
        }
        Do("adam", [(shape, -1, 1), (shape, -1, 1), (shape, 0, 1), (shape, -1, 1)], shape, (device, x, y) =>
        {
            device.Copy(x[3], y);
            device.Adam(new AdamConstants(0.9f, 0.999f, 0.01f, 1.5f, 1e-8f, 0.99f), x[0], x[1], x[2], y);
        });
    }

    void Attention()
    {
        var scores = new Shape(3, 4, 6);
        foreach (bool causal in (bool[])[false, true])
        {
            Do($"masked-softmax-{causal}", [(scores, -3, 3), (new Shape(4, 6), -1, 1)], scores,
                (device, x, y) => device.MaskedSoftmax(causal, x[0], x[1], y));
            Do($"masked-softmax-plain-{causal}", [(scores, -3, 3)], scores,
                (device, x, y) => device.MaskedSoftmax(causal, x[0], default, y));
            Do($"rotary-{causal}", [(new Shape(3, 4, 8), -1, 1), (new Shape(4, 4), -1, 1), (new Shape(4, 4), -1, 1)],
                new Shape(3, 4, 8), (device, x, y) => device.Rotary(causal, x[0], x[1], x[2], y));
        }
    }

    void Gru(int T, int B, int H, int D, int groups, bool relu, bool initial, bool addressed)
    {
        int O = groups > 0 ? 5 : 0, I = O + D;
        string name = $"gru-{D}-{groups}-{relu}-{initial}-{addressed}";
        int[] ones = Whole(T * B * groups, 0, Math.Max(O, 1));
        int[] sources = new int[addressed ? T * B : 0];
        for (int i = 0; i < sources.Length; i++)
            sources[i] = random.Next(-1, Math.Max(i / B * B, 0));
        (Shape, float, float)[] inputs =
        [
            (new Shape(T, B, D), -1, 1), (new Shape(I, 3 * H), -1, 1), (new Shape(H, 3 * H), -1, 1),
            (new Shape(4 * H), -1, 1), (new Shape(B, H), -1, 1), (new Shape(T, B, H), -1, 1),
        ];
        GruOperands Operands(Tensor[] x, Tensor y) => new()
        {
            Input = new SequenceInput(T, B, x[0], Put(y, ones), groups),
            InputWeight = x[1],
            HiddenWeight = x[2],
            Bias = x[3],
            Initial = initial ? Scratched(y).Variable(x[4]) : default,
            Sources = Put(y, sources),
            Relu = relu,
        };
        Do(name, inputs, new Shape(T, B, H), (device, x, y) =>
        {
            GruOperands gru = Operands(x, y);
            device.GruForward(in gru, Scratch(y), Scratch(y).Allocate(new Shape(1, B, 4 * H)),
                addressed ? Scratch(y).Allocate(y.Shape) : default, y);
        });
        int[] sizes = [T * B * D, I * 3 * H, H * 3 * H, 4 * H, B * H];
        Do(name + "-gradient", inputs, new Shape(sizes.Sum(), 1), (device, x, y) =>
        {
            GruOperands gru = Operands(x, y);
            Arena scratch = Scratch(y);
            Tensor hidden = scratch.Allocate(new Shape(T, B, H)), gates = scratch.Allocate(new Shape(T, B, 4 * H));
            Tensor previous = addressed ? scratch.Allocate(hidden.Shape) : default;
            device.GruForward(in gru, scratch, gates, previous, hidden);
            Parts parts = new(scratch);
            var gradients = new GruGradients
            {
                Dense = parts.Next(new Shape(T, B, D)),
                InputWeight = parts.Next(new Shape(I, 3 * H)),
                HiddenWeight = parts.Next(new Shape(H, 3 * H)),
                Bias = parts.Next(new Shape(4 * H)),
                Initial = parts.Next(new Shape(B, H)),
            };
            device.GruBackward(in gru, scratch, hidden, gates, previous, x[5], in gradients);
            if (!initial)
                device.Fill(gradients.Initial, 1);                              // a sum on the way, not a result
            parts.CopyTo(y);
        });
        if (addressed)
            return;
        Do(name + "-step", inputs, new Shape(B, H), (device, x, y) =>
        {
            Arena scratch = Scratch(y);
            PackedGru packed = device.PackGru(scratch, x[1], x[2], x[3], groups, D, relu);
            var input = new SequenceInput(
                1, B, x[0].RowsFrom(0, new Shape(1, B, D)), Put(y, ones[..(B * groups)]), groups);
            device.GruStep(packed, in input, x[4], scratch, y);
        });
    }

    Indices Put(Tensor like, int[] values) => Scratch(like).CopyIndices(values);

    Arena Scratch(Tensor like) => like.Device == here.Device ? here.Scratch : there.Scratch;

    Tape Scratched(Tensor like) => like.Device == here.Device ? here.Tape : there.Tape;

    Tensor Room(Tensor like, int count) => Scratch(like).Allocate(new Shape(count));

    Tensor Column(Tensor like, int count) => Scratch(like).Allocate(new Shape(count, 1));

    int[] Whole(int count, int low, int high) => [.. Enumerable.Range(0, count).Select(_ => random.Next(low, high))];

    void Do(string name, (Shape Shape, float Low, float High)[] inputs, Shape result,
        Action<Device, Tensor[], Tensor> compute)
    {
        float[][] numbers =
        [
            .. inputs.Select(input => Enumerable.Range(0, checked((int)input.Shape.Count))
                .Select(_ => input.Low + (input.High - input.Low) * random.NextSingle()).ToArray()),
        ];
        try
        {
            float[] expected = here.Compute(inputs, numbers, result, compute);
            float[] found = there.Compute(inputs, numbers, result, compute);
            double error = 0, size = 0;
            for (int i = 0; i < expected.Length; i++)
            {
                error += Math.Pow((double)found[i] - expected[i], 2);
                size += Math.Pow(expected[i], 2);
            }
            error = Math.Sqrt(error) / Math.Max(Math.Sqrt(size), 1e-9);
            results.Add((name, double.IsNaN(error) ? double.PositiveInfinity : error));
        }
        catch (Exception wrong) when (wrong is not OutOfMemoryException)
        {
            results.Add(($"{name} ({wrong.GetType().Name}: {wrong.Message})", double.PositiveInfinity));
        }
    }

    public void Dispose()
    {
        here.Dispose();
        there.Dispose();
    }

    /// <summary>Several results, which are compared as one.</summary>
    sealed class Parts(Arena arena)
    {
        readonly List<Tensor> parts = [];

        public Tensor Next(Shape shape)
        {
            parts.Add(arena.Zeros(shape));
            return parts[^1];
        }

        public void CopyTo(Tensor y)
        {
            int at = 0;
            foreach (Tensor part in parts)
            {
                var shape = new Shape((int)part.Shape.Count, 1);
                arena.Device.Copy(part, y.RowsFrom(at, shape));
                at += shape.Rows;
            }
        }
    }

    sealed class Side(Device device) : IDisposable
    {
        readonly Arena arena = new(device);

        public Device Device => device;

        public Arena Scratch { get; } = new(device);

        public Tape Tape => field ??= new Tape(Scratch);

        public float[] Compute((Shape Shape, float Low, float High)[] inputs, float[][] numbers, Shape result,
            Action<Device, Tensor[], Tensor> compute)
        {
            arena.Reset();
            Tape.Reset();
            Tensor[] x = [.. inputs.Select((input, i) => arena.Copy(input.Shape, numbers[i]))];
            Tensor y = arena.Allocate(result);
            compute(device, x, y);
            return y.ToArray();
        }

        public void Dispose()
        {
            arena.Dispose();
            Scratch.Dispose();
        }
    }
}
