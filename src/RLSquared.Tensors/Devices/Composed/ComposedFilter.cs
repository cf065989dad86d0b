namespace RLSquared.Tensors.Devices;

/// <summary>
/// Filters over images whose channels lie side by side, made of primitives: what each window sees is written out as a
/// row, [N · places, side · side · C], and the rest is a product.
/// </summary>
internal static class ComposedFilter
{
    public static void Forward(Device device, in Window window, Tensor x, Images bytes, Tensor weight, Tensor bias,
        Arena scratch, Tensor y)
    {
        Tensor rows = Rows(device, in window, x, bytes, scratch), flat = Flat(y);
        device.Product(false, false, rows, weight, flat);
        device.Zip(Combination.Add, flat, bias, Repeat.Row, flat);
        device.Map(Function.Relu, flat, flat);
    }

    public static void Backward(Device device, in Window window, Tensor x, Images bytes, Tensor weight, Tensor y,
        Tensor g, Arena scratch, Tensor dweight, Tensor dbias, Tensor dx)
    {
        Tensor rows = Rows(device, in window, x, bytes, scratch), slope = scratch.Allocate(Flat(y).Shape);
        device.MapGradient(Function.Relu, Flat(y), Flat(g), slope);
        device.Product(true, false, rows, slope, dweight);
        device.Sum(Repeat.Row, slope, dbias);
        if (!dx.Exists)
            return;
        int places = rows.Shape.Rows, side = window.KernelHeight * window.KernelWidth, C = window.Channels;
        Tensor turned = scratch.Allocate(rows.Shape), planes = scratch.Allocate(Planes(in window));
        device.Product(false, true, slope, weight, rows);
        device.Transpose(places, side, C, rows, turned);
        device.ColumnsToImage(in window, turned, planes);
        device.Transpose(window.Images, C, window.Height * window.Width, planes, dx);
    }

    // [N, H, W, C] to [N, C, H, W], then what each window sees, (c, u, v), then in the order of the weights, (u, v, c).
    static Tensor Rows(Device device, in Window window, Tensor x, Images bytes, Arena scratch)
    {
        int N = window.Images, C = window.Channels, size = window.Height * window.Width;
        int places = checked(N * window.PlacesDown * window.PlacesAcross);
        if (!x.Exists)
        {
            x = scratch.Allocate(new Shape(N, window.Height, window.Width, C));
            device.Widen(bytes, x);
        }
        Tensor planes = scratch.Allocate(Planes(in window));
        device.Transpose(N, size, C, x, planes);
        Tensor seen = scratch.Allocate(new Shape(places, window.Seen)), rows = scratch.Allocate(seen.Shape);
        device.ImageToColumns(in window, planes, seen);
        device.Transpose(places, C, window.KernelHeight * window.KernelWidth, seen, rows);
        return rows;
    }

    static Shape Planes(in Window window) => new(window.Images, window.Channels, window.Height, window.Width);

    static Tensor Flat(Tensor y) => y.WithShape(new Shape(y.Shape.Rows, y.Shape.Columns));
}
