using RLSquared.Tensors.Devices;
using RLSquared.Tensors.Tests.Devices;

namespace RLSquared.Tensors.Tests.Operations;

public abstract class ProductsTests(Device device) : DeviceTests(device)
{
    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Products_differentiate_in_every_transposed_form(bool transposeA, bool transposeB)
    {
        Shape a = transposeA ? new(4, 3) : new(3, 4), b = transposeB ? new(2, 4) : new(4, 2);
        Both(x => x[0].MatMul(x[1], transposeA, transposeB), Spread(a, 1), Spread(b, 2));
    }

    // Matrices of one column and inner lengths of 1 have kernels of their own.
    public static TheoryData<int, int, int, bool, bool> Thin
    {
        get
        {
            var sizes = new TheoryData<int, int, int, bool, bool>();
            foreach ((int M, int K, int N) in
                ((int, int, int)[])[(3, 4, 1), (1, 4, 1), (3, 1, 2), (1, 1, 2), (3, 1, 1), (1, 1, 1)])
            {
                foreach (bool transposeA in (bool[])[false, true])
                {
                    sizes.Add(M, K, N, transposeA, false);
                    sizes.Add(M, K, N, transposeA, true);
                }
            }
            return sizes;
        }
    }

    [Theory]
    [MemberData(nameof(Thin))]
    public void Thin_products_are_right_and_differentiate(int M, int K, int N, bool transposeA, bool transposeB)
    {
        (Shape Shape, float[] Values) a = Spread(transposeA ? new(K, M) : new(M, K), 1);
        (Shape Shape, float[] Values) b = Spread(transposeB ? new(N, K) : new(K, N), 2);
        using (var arena = NewArena())
        {
            var tape = new Tape(arena);
            Tensor y = tape.Constant(a.Shape, a.Values)
                .MatMul(tape.Constant(b.Shape, b.Values), transposeA, transposeB);
            Assert.Equal(new Shape(M, N), y.Shape);
            for (int i = 0; i < M * N; i++)
            {
                (int m, int n) = Math.DivRem(i, N);
                double sum = 0;
                for (int k = 0; k < K; k++)
                {
                    float left = a.Values[transposeA ? k * M + m : m * K + k];
                    sum += (double)left * b.Values[transposeB ? n * K + k : k * N + n];
                }
                Assert.Equal(sum, y.ToArray()[i], 1e-5);
            }
        }
        Both(x => x[0].MatMul(x[1], transposeA, transposeB), a, b);
    }

    [Fact]
    public void A_sequence_of_rows_is_multiplied_as_one_matrix()
    {
        Both(x => x[0].MatMul(x[1]), Spread(new Shape(2, 2, 3), 1), Spread(new Shape(3, 2), 2));
        using var arena = NewArena();
        var tape = new Tape(arena);
        Tensor x = tape.Constant(arena.Zeros(new Shape(5, 2, 3))), w = tape.Constant(arena.Zeros(new Shape(3, 7)));
        Assert.Equal(new Shape(5, 2, 7), x.MatMul(w).Shape);
    }

    [Fact]
    public void Inner_lengths_that_differ_are_named()
    {
        using var arena = NewArena();
        var tape = new Tape(arena);
        Tensor a = tape.Constant(arena.Zeros(new Shape(2, 3))), b = tape.Constant(arena.Zeros(new Shape(4, 5)));
        Assert.Equal("a product needs equal inner lengths, but [2, 3] has 3 and [4, 5] transposed has 5",
            Assert.Throws<ArgumentException>(() => a.MatMul(b, transposeB: true)).Message);
    }
}

public sealed class ProductsTestsOnCpu() : ProductsTests(Device.Cpu);

public sealed class ProductsTestsOnReference() : ProductsTests(new ReferenceDevice());
