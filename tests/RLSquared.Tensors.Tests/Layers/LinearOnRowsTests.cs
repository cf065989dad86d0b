using RLSquared.Tensors.Devices;
using RLSquared.Tensors.Layers;
using RLSquared.Tensors.Random;
using RLSquared.Tensors.Tests.Devices;

namespace RLSquared.Tensors.Tests.Layers;

/// <summary>A linear layer that reads one-hot groups and plain numbers.</summary>
public abstract class LinearOnRowsTests(Device device) : DeviceTests(device)
{
    [Theory]
    [InlineData(0, 3)]
    [InlineData(1, 0)]
    [InlineData(2, 2)]
    public void Ones_pick_rows_as_if_they_were_multiplied(int groups, int numbers)
    {
        const int rows = 4;
        using var parameters = new ParameterSet(Device);
        var linear = new Linear(parameters, "x", 3 * groups + numbers, 5, new RandomKey(1, 2, 3));
        Tape tape = NewTape();
        int[] ones = [.. Enumerable.Range(0, rows * groups).Select(i => i % Math.Max(1, groups) * 3 + i * 7 % 3)];
        float[] dense = [.. Enumerable.Range(0, rows * numbers).Select(i => 0.3f * i - 1)];
        int width = 3 * groups + numbers;
        float[] full = new float[rows * width];
        for (int row = 0; row < rows; row++)
        {
            for (int g = 0; g < groups; g++)
                full[row * width + ones[row * groups + g]] = 1;
            dense.AsSpan(row * numbers, numbers).CopyTo(full.AsSpan(row * width + 3 * groups));
        }
        var input = new SequenceInput(2, 2, numbers > 0 ? tape.Constant(new Shape(2, 2, numbers), dense) : default,
            groups > 0 ? tape.Arena.CopyIndices(ones) : default, groups);
        float[] picked = linear.Forward(tape, in input).ToArray();
        float[] multiplied = linear.Forward(tape.Constant(new Shape(rows, width), full)).ToArray();
        Assert.All(picked.Zip(multiplied), pair => Assert.Equal(pair.Second, pair.First, 1e-5f));
    }
}

public sealed class LinearOnRowsTestsOnCpu() : LinearOnRowsTests(Device.Cpu);

public sealed class LinearOnRowsTestsOnReference() : LinearOnRowsTests(new ReferenceDevice());
