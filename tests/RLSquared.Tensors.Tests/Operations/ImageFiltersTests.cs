using RLSquared.Tensors.Devices;
using RLSquared.Tensors.Random;
using RLSquared.Tensors.Tests.Devices;

namespace RLSquared.Tensors.Tests.Operations;

public abstract class ImageFiltersTests(Device device) : DeviceTests(device)
{
    // The same images, channels last and channels first, through both implementations: values and all gradients.
    [Theory]
    [InlineData(3, 16, 5, 2)]
    [InlineData(3, 5, 3, 1)]
    [InlineData(1, 20, 3, 2)]
    [InlineData(16, 16, 5, 2)]
    public void Filters_agree_with_a_convolution_and_relu(int C, int F, int side, int stride)
    {
        const int N = 3, H = 11, W = 13;
        using var arena = NewArena();
        var tape = new Tape(arena);
        float[] pixels = Normal(1, N * H * W * C), filters = Normal(2, side * side * C * F), shifts = Normal(3, F);
        float[] planes = new float[pixels.Length], kernels = new float[filters.Length];
        for (int i = 0; i < pixels.Length; i++)                     // [N, H, W, C] to [N, C, H, W]
            planes[(i / (H * W * C) * C + i % C) * H * W + i / C % (H * W)] = pixels[i];
        for (int i = 0; i < filters.Length; i++)                    // [kh, kw, C, F] to [F, C, kh, kw]
            kernels[(i % F * C + i / F % C) * side * side + i / (F * C)] = filters[i];

        Tensor x = tape.Variable(arena.Copy(new Shape(N, H, W, C), pixels));
        Tensor weight = tape.Variable(arena.Copy(new Shape(side * side * C, F), filters));
        Tensor bias = tape.Variable(arena.Copy(new Shape(F), shifts));
        Tensor y = x.Filter(weight, bias, side, stride);
        int places = y.Shape[1] * y.Shape[2];
        float[] slopes = Normal(4, N * places * F), slopesOfPlanes = new float[slopes.Length];
        for (int i = 0; i < slopes.Length; i++)
            slopesOfPlanes[(i / (places * F) * F + i % F) * places + i / F % places] = slopes[i];

        Tensor xp = tape.Variable(arena.Copy(new Shape(N, C, H, W), planes));
        Tensor wp = tape.Variable(arena.Copy(new Shape(F, C, side, side), kernels));
        Tensor bp = tape.Variable(arena.Copy(new Shape(F), shifts));
        Tensor yp = xp.Convolve(wp, bp, stride).Relu();
        tape.Backward((y * tape.Constant(y.Shape, slopes)).Sum()
            + (yp * tape.Constant(yp.Shape, slopesOfPlanes)).Sum());

        float[] values = y.ToArray(), valuesOfPlanes = yp.ToArray();
        for (int i = 0; i < slopes.Length; i++)
            Close(valuesOfPlanes[(i / (places * F) * F + i % F) * places + i / F % places], values[i]);
        float[] dx = tape.GradientOf(x).ToArray(), dxp = tape.GradientOf(xp).ToArray();
        for (int i = 0; i < pixels.Length; i++)
            Close(dxp[(i / (H * W * C) * C + i % C) * H * W + i / C % (H * W)], dx[i]);
        float[] dw = tape.GradientOf(weight).ToArray(), dwp = tape.GradientOf(wp).ToArray();
        for (int i = 0; i < filters.Length; i++)
            Close(dwp[(i % F * C + i / F % C) * side * side + i / (F * C)], dw[i]);
        for (int f = 0; f < F; f++)
            Close(tape.GradientOf(bp).ToArray()[f], tape.GradientOf(bias).ToArray()[f]);

        static void Close(float expected, float actual) =>
            Assert.True(MathF.Abs(expected - actual) < 2e-4f * (1 + MathF.Abs(expected)), $"{expected} or {actual}");
    }

    [Fact]
    public void Bytes_are_numbers_from_minus_one_to_one()
    {
        using var arena = NewArena();
        var tape = new Tape(arena);
        const int H = 7, W = 6, C = 3, F = 4;
        Tensor weight = tape.Variable(arena.Copy(new Shape(9 * C, F), Normal(5, 9 * C * F)));
        Tensor bias = tape.Variable(arena.Copy(new Shape(F), Normal(6, F)));
        var images = Images.Allocate(arena, 2, H, W, C);
        float[] pixels = new float[images.Count * images.Size];
        byte[] bytes = new byte[pixels.Length];
        for (int i = 0; i < pixels.Length; i++)
        {
            bytes[i] = (byte)(37 * i);
            pixels[i] = MathF.FusedMultiplyAdd((byte)(37 * i), 2f / 255, -1);
        }
        images.CopyFrom(bytes);
        Tensor ofBytes = images.Filter(tape, weight, bias, side: 3);
        Tensor ofNumbers = tape.Constant(new Shape(2, H, W, C), pixels).Filter(weight, bias, side: 3);
        AssertAlike(ofNumbers.ToArray(), ofBytes.ToArray());
        tape.Backward(ofBytes.Sum());
        float[] gradient = tape.GradientOf(weight).ToArray();
        tape.Backward(ofNumbers.Sum());
        AssertAlike(tape.GradientOf(weight).ToArray(), gradient);
    }

    [Fact]
    public void What_one_image_gives_does_not_depend_on_the_others()
    {
        using var arena = NewArena();
        var tape = new Tape(arena);
        const int side = 8;
        Tensor weight = tape.Constant(new Shape(9 * 2, 16), Normal(7, 9 * 2 * 16));
        Tensor bias = tape.Constant(new Shape(16), Normal(8, 16));
        Tensor images = tape.Constant(new Shape(5, side, side, 2), Normal(9, 5 * side * side * 2));
        Tensor all = images.Filter(weight, bias, 3), third = images.SliceRows(2, 1).Filter(weight, bias, 3);
        Assert.Equal(all.SliceRows(2, 1).ToArray(), third.ToArray());
    }

    [Fact]
    public void A_second_derivative_is_refused()
    {
        using var arena = NewArena();
        var tape = new Tape(arena);
        Tensor x = tape.Variable(arena.Zeros(new Shape(1, 3, 3, 1)));
        Tensor y = x.Filter(tape.Constant(arena.Zeros(new Shape(9, 2))), tape.Constant(arena.Zeros(new Shape(2))), 3);
        var error = Assert.Throws<NotSupportedException>(() => tape.Backward(y.Sum(), differentiable: true));
        Assert.Equal(
            "image filters have no second derivative; use Convolve to differentiate a gradient", error.Message);
    }

    // The processor computes the same bits both ways.
    void AssertAlike(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], actual[i], IsReference ? 1e-5f : 0);
    }

    static float[] Normal(ulong seed, int count)
    {
        RandomSequence random = new RandomKey(seed, 6, 0).Sequence(0);
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++)
            numbers[i] = (float)random.NextNormal();
        return numbers;
    }
}

public sealed class ImageFiltersTestsOnCpu() : ImageFiltersTests(Device.Cpu);

public sealed class ImageFiltersTestsOnReference() : ImageFiltersTests(new ReferenceDevice());
