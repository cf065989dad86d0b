using RLSquared.Objectives;

namespace RLSquared.Tests.Objectives;

public sealed class ConjugateGradientTests
{
    // A is 2 on the diagonal and −1 beside it, 5 × 5. Its inverse has the elements min(i, j) (6 − max(i, j)) / 6,
    // i, j = 1 … 5, so that A x = e₁ has x = (5, 4, 3, 2, 1) / 6. With e₁ on the right each product reaches one unknown
    // further: five are needed.
    static void Second_difference(float[] v, float[] product)
    {
        for (int i = 0; i < 5; i++)
            product[i] = 2 * v[i] - (i > 0 ? v[i - 1] : 0) - (i < 4 ? v[i + 1] : 0);
    }

    [Fact]
    public void Five_products_solve_five_equations()
    {
        float[] x = new float[5];
        double residual = new ConjugateGradient(5).Solve(Second_difference, [1, 0, 0, 0, 0], x, iterations: 5);
        Assert.InRange(residual, 0, 1e-5);
        for (int i = 0; i < 5; i++)
            Assert.Equal((5 - i) / 6.0, x[i], 1e-5);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void Fewer_products_say_what_they_leave_and_give_the_curvature_that_is_expected(int iterations)
    {
        float[] b = [1, 0, 0, 0, 0], x = new float[5], product = new float[5];
        double residual = new ConjugateGradient(5).Solve(Second_difference, b, x, iterations);
        Second_difference(x, product);
        double left = Math.Sqrt(b.Zip(product, (wanted, got) => (wanted - got) * (wanted - got)).Sum());
        Assert.Equal(left, residual, 1e-5);
        Assert.True(residual > 0.1, $"{iterations} products cannot solve this, but left {residual}");
        Assert.Equal(ConjugateGradient.Dot(x, product), ConjugateGradient.Dot(x, b), 1e-5);
    }

    [Fact]
    public void Products_end_when_the_solution_is_found()
    {
        // (1, 1, 1, 1, 1) is symmetric, so three products span all that is needed: x = i (6 − i) / 2.
        int products = 0;
        float[] x = new float[5];
        new ConjugateGradient(5).Solve((v, product) =>
        {
            products++;
            Second_difference(v, product);
        }, [1, 1, 1, 1, 1], x, iterations: 50);
        Assert.Equal(3, products);
        Assert.Equal([2.5, 4, 4.5, 4, 2.5], x.Select(number => Math.Round(number, 4)));
    }

    [Fact]
    public void Nothing_on_the_right_has_the_solution_zero()
    {
        float[] x = [1, 2, 3, 4, 5];
        Assert.Equal(0, new ConjugateGradient(5).Solve(Second_difference, new float[5], x, 5));
        Assert.Equal(new float[5], x);
    }

    [Fact]
    public void A_matrix_that_is_not_positive_ends_the_search_where_it_is()
    {
        float[] x = new float[5];
        double residual = new ConjugateGradient(5).Solve(
            (v, product) => Array.ConvertAll(v, number => -number).CopyTo(product, 0), [1, 0, 0, 0, 0], x, 5);
        Assert.Equal(1, residual);
        Assert.Equal(new float[5], x);
    }

    [Fact]
    public void Sides_of_other_lengths_are_refused()
    {
        var error = Assert.Throws<ArgumentException>(
            () => new ConjugateGradient(5).Solve(Second_difference, new float[4], new float[5], 1));
        Assert.Equal("5 unknowns need as many numbers on both sides; there are 5 and 4", error.Message);
    }
}
