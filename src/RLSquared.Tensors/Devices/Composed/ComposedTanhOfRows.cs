namespace RLSquared.Tensors.Devices;

/// <summary>The hyperbolic tangent of sums of picked rows, made of primitives.</summary>
internal static class ComposedTanhOfRows
{
    public static void Forward(Device device, Tensor a, Indices i, Tensor b, Indices j, Tensor s, Tensor c, Tensor y)
    {
        using var scratch = new Arena(device);
        Tensor term = scratch.Allocate(y.Shape);
        device.GatherRows(a, i, y);
        device.GatherRows(b, j, term);
        device.Zip(Combination.Add, y, term, Repeat.None, y);
        if (s.Exists)
        {
            device.Fill(term, 1);
            device.Zip(Combination.Multiply, term, c, Repeat.Row, term);
            device.Zip(Combination.Multiply, term, s, Repeat.Column, term);
            device.Zip(Combination.Add, y, term, Repeat.None, y);
        }
        device.Map(Function.Tanh, y, y);
    }

    public static void Backward(
        Device device, Tensor y, Tensor g, Indices i, Indices j, Tensor s, Tensor da, Tensor db, Tensor dc)
    {
        using var scratch = new Arena(device);
        Tensor slope = scratch.Allocate(y.Shape);
        device.MapGradient(Function.Tanh, y, g, slope);
        AddScattered(i, da);
        AddScattered(j, db);
        if (s.Exists)
        {
            Tensor sum = scratch.Allocate(new Shape(y.Shape.Columns));
            device.Zip(Combination.Multiply, slope, s, Repeat.Column, slope);
            device.Sum(Repeat.Row, slope, sum);
            device.Zip(Combination.Add, dc, sum.WithShape(dc.Shape), Repeat.None, dc);
        }

        void AddScattered(Indices index, Tensor to)
        {
            Tensor sum = scratch.Allocate(to.Shape);
            device.ScatterRows(slope, index, sum);
            device.Zip(Combination.Add, to, sum, Repeat.None, to);
        }
    }
}
