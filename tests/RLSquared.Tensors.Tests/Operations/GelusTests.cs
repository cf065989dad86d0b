using RLSquared.Tensors.Devices;
using RLSquared.Tensors.Tests.Devices;

namespace RLSquared.Tensors.Tests.Operations;

public abstract class GelusTests(Device device) : DeviceTests(device)
{
    [Fact]
    public void Gelu_differentiates() => Both(x => x[0].Gelu(), Spread(new Shape(3, 7), 1, -4, 4));

    [Fact]
    public void Gelu_is_the_tanh_form()
    {
        Tape tape = NewTape();
        float[] x = [-30, -3, -0.5f, 0, 0.5f, 3, 30];
        float[] y = tape.Constant(new Shape(7), x).Gelu().ToArray();
        for (int i = 0; i < x.Length; i++)
        {
            double u = Math.Sqrt(2 / Math.PI) * (x[i] + 0.044715 * Math.Pow(x[i], 3));
            Assert.Equal(0.5 * x[i] * (1 + Math.Tanh(u)), y[i], 2e-6);
        }
    }
}

public sealed class GelusTestsOnCpu() : GelusTests(Device.Cpu)
{
    [Fact]
    public void Every_length_agrees_with_the_scalar_form()
    {
        for (int count = 0; count <= 67; count++)
        {
            float[] x = new float[count], g = new float[count], wanted = new float[count], y = new float[count];
            for (int i = 0; i < count; i++)
                (x[i], g[i]) = (i * 0.2f - 6, 1 - i * 0.03f);
            Elementwise.Reference<GeluFunction>(x, wanted);
            Elementwise.Map<GeluFunction>(x, y);
            Assert.Equal(wanted, y);
            Elementwise.Reference<GeluGradient>(x, g, wanted);
            Elementwise.Zip<GeluGradient>(x, g, y);
            Assert.Equal(wanted, y);
        }
    }
}

public sealed class GelusTestsOnReference() : GelusTests(new ReferenceDevice());
