namespace RLSquared.Gpu;

/// <summary>
/// The engine's computations on plain addresses of an accelerator's memory, as launches of kernels and products. All
/// matrices are row by row. Nothing waits for the card. A sum has one order, so results have the same bits each time.
/// Several threads may ask for computations at once: each has scratch memory of its own, and the card does one launch
/// after the other.
/// </summary>
sealed partial class GpuMath(Accelerator accelerator) : IDisposable
{
    const int FewColumns = 32, Float = sizeof(float);

    readonly ThreadLocal<Rooms> rooms = new(() => new Rooms(), trackAllValues: true);

    /// <summary>What runs the kernels.</summary>
    public Accelerator Accelerator => accelerator;

    int GroupSize => accelerator.GroupSize;

    /// <summary>
    /// Memory for what a single call needs. The next call of this thread gets the same, which is safe because
    /// everything happens in order.
    /// </summary>
    nint Scratch(long bytes) => Room(ref rooms.Value!.Scratch, bytes);

    /// <summary>The same for what must outlive a call that needs some itself.</summary>
    nint KeptScratch(long bytes) => Room(ref rooms.Value!.Kept, bytes);

    nint Room(ref (nint Address, long Bytes) room, long bytes)
    {
        if (bytes > room.Bytes)
        {
            nint old = room.Address;
            room = default;
            if (old != 0)
                accelerator.Free(old);
            room = (accelerator.Allocate(bytes), bytes);
        }
        return room.Address;
    }

    // Groups for `count` threads' work, each thread taking several where there is more than the card holds.
    (int, int, int) Groups(long count) =>
        ((int)Math.Clamp((count + GroupSize - 1) / GroupSize, 1, accelerator.MostGroups), 1, 1);

    // Groups where each takes a row.
    (int, int, int) GroupPerRow(long rows) => ((int)Math.Clamp(rows, 1, accelerator.MostGroups), 1, 1);

    static int Count(long count) => count <= int.MaxValue ? (int)count
        : throw new GpuException($"{count} numbers are more than one kernel counts, 2³¹ − 1: use fewer rows at once");

    // ---- element by element ----

    /// <summary>y = f(x); functions are numbered as in the engine.</summary>
    public void Map(int function, long count, nint x, nint y) =>
        Launch(Kernel.Map, Groups(count), [function, Count(count), x, y]);

    /// <summary>dx = g · f′ by the value y.</summary>
    public void MapGradient(int function, long count, nint y, nint g, nint dx) =>
        Launch(Kernel.MapGradient, Groups(count), [function, Count(count), y, g, dx]);

    /// <summary>y = a ∘ b, b of a's shape (0), a row (1), a column (2) or one number (3).</summary>
    public void Zip(int combination, int repeat, int columns, long count, nint a, nint b, nint y) =>
        Launch(Kernel.Zip, Groups(count), [combination, repeat, columns, Count(count), a, b, y]);

    /// <summary>y = scale · x + shift.</summary>
    public void Affine(float scale, float shift, long count, nint x, nint y) =>
        Launch(Kernel.Affine, Groups(count), [scale, shift, Count(count), x, y]);

    /// <summary>y = factor[0] · x.</summary>
    public void ScaleBy(long count, nint factor, nint x, nint y) =>
        Launch(Kernel.ScaleBy, Groups(count), [Count(count), factor, x, y]);

    /// <summary>y = value.</summary>
    public void Fill(float value, long count, nint y) =>
        Launch(Kernel.Fill, Groups(count), [value, Count(count), y]);

    /// <summary>y = x cut to low … high.</summary>
    public void Clamp(float low, float high, long count, nint x, nint y) =>
        Launch(Kernel.Clamp, Groups(count), [low, high, Count(count), x, y]);

    /// <summary>flag[0] becomes 0 if a number is not finite, and else stays.</summary>
    public void AllFinite(long count, nint x, nint flag) =>
        Launch(Kernel.AllFinite, Groups(count), [Count(count), x, flag]);

    /// <summary>Half-size numbers from floats.</summary>
    public void ToHalf(long count, nint x, nint y) =>
        Launch(Kernel.ToHalf, Groups(count), [Count(count), x, y]);

    /// <summary>Floats from half-size numbers.</summary>
    public void FromHalf(long count, nint x, nint y) =>
        Launch(Kernel.FromHalf, Groups(count), [Count(count), x, y]);

    /// <summary>Numbers −1 … 1 from bytes.</summary>
    public void FromBytes(long count, nint x, nint y) =>
        Launch(Kernel.FromBytes, Groups(count), [Count(count), x, y]);

    // ---- sums ----

    /// <summary>y[0] = Σ x.</summary>
    public void Sum(long count, nint x, nint y) => Sum(Kernel.SumOfAll, count, x, y, add: false);

    /// <summary>y[0] = Σ x², or is added to.</summary>
    public void SumOfSquares(long count, nint x, nint y, bool add = false) =>
        Sum(Kernel.SumOfSquares, count, x, y, add);

    void Sum(Kernel kernel, long count, nint x, nint y, bool add)
    {
        (int groups, _, _) = Groups(count);
        groups = Math.Min(groups, 512);
        nint partial = Scratch(groups * Float);
        Launch(kernel, (groups, 1, 1), [Count(count), x, partial]);
        Launch(Kernel.Finish, (1, 1, 1), [groups, add, partial, y]);
    }

    /// <summary>y[r] = Σ x[r, :].</summary>
    public void SumOfColumns(int rows, int columns, nint x, nint y)
    {
        if (columns <= FewColumns)
            Launch(Kernel.SumOfFewColumns, Groups(rows), [rows, columns, x, y]);
        else
            Launch(Kernel.SumOfColumns, GroupPerRow(rows), [rows, columns, x, y]);
    }

    /// <summary>y[c] = Σ x[:, c]; rows lie <paramref name="stride"/> apart.</summary>
    public void SumOfRows(int rows, int columns, int stride, nint x, nint y)
    {
        int across = (columns + GroupSize - 1) / GroupSize;
        int pieces = Math.Clamp(Math.Min(rows / 8, 4 * accelerator.MostGroups / across), 1, 512);
        int piece = (rows + pieces - 1) / pieces;
        pieces = (rows + piece - 1) / piece;
        nint partial = pieces > 1 ? Scratch((long)pieces * columns * Float) : y;
        Launch(Kernel.SumOfRows, (across, Math.Max(pieces, 1), 1), [rows, columns, stride, piece, x, partial]);
        if (pieces > 1)
            Launch(Kernel.SumOfRows, (across, 1, 1), [pieces, columns, columns, pieces, partial, y]);
    }

    /// <summary>y[t, n] = x[t, n] + factor[t, n] · y[t ± 1, n]; without factors a running sum.</summary>
    public void Recurrence(bool backwards, int steps, int width, nint x, nint factor, nint y) =>
        Launch(Kernel.Recurrence, Groups(width), [backwards, steps, width, x, factor, y]);

    // ---- copies ----

    /// <summary>A stretch of columns of each row.</summary>
    public void CopyColumns(
        int rows, int columns, int strideOfX, int firstOfX, int strideOfY, int firstOfY, nint x, nint y)
    {
        long count = (long)rows * columns;
        _ = Count(count);
        Launch(Kernel.CopyColumns, Groups(count),
            [rows, columns, strideOfX, firstOfX, strideOfY, firstOfY, x, y]);
    }

    /// <summary>y[a, c, b] = x[a, b, c].</summary>
    public void Transpose(int A, int B, int C, nint x, nint y) =>
        Launch(Kernel.Transpose, Groups(Count((long)A * B * C)), [A, B, C, x, y]);

    /// <summary>y[r] = x[r, index[r]].</summary>
    public void GatherColumns(int rows, int columns, nint x, nint index, nint y) =>
        Launch(Kernel.GatherColumns, Groups(rows), [rows, columns, x, index, y]);

    /// <summary>y[r, index[r]] = x[r], else 0.</summary>
    public void ScatterColumns(int rows, int columns, nint x, nint index, nint y) =>
        Launch(Kernel.ScatterColumns, Groups(Count((long)rows * columns)), [rows, columns, x, index, y]);

    /// <summary>y[r, :] = x[index[r], :], zeros where the index is below 0.</summary>
    public void GatherRows(int rows, int columns, nint x, nint index, nint y) =>
        Launch(Kernel.GatherRows, Groups(Count((long)rows * columns)), [rows, columns, x, index, y]);

    /// <summary>y[v, :] = Σ x[r, :] over index[r] = v, for all v below <paramref name="targets"/>.</summary>
    public void ScatterRows(int rows, int columns, int targets, nint x, nint index, nint y)
    {
        int across = (columns + GroupSize - 1) / GroupSize, down = Math.Min(targets, 1 << 15);
        long most = Math.Min(64, 4L * accelerator.MostGroups / ((long)across * down));
        int pieces = (int)Math.Clamp(Math.Min(rows / 16, most), 1, 64);
        int piece = (rows + pieces - 1) / pieces, size = targets * columns;
        nint partial = pieces > 1 ? Scratch((long)pieces * size * Float) : y;
        Launch(Kernel.ScatterRows, (across, down, pieces), [rows, columns, targets, piece, x, index, partial]);
        if (pieces > 1)
            SumOfFewRows(pieces, size, partial, y);
    }

    void SumOfFewRows(int rows, int columns, nint x, nint y) =>
        Launch(Kernel.SumOfRows, (((columns + GroupSize - 1) / GroupSize), 1, 1), [rows, columns, columns, rows, x, y]);

    /// <summary>to[index[r], :] += x[r, :] in the order of r.</summary>
    public void AddToRows(int rows, int columns, nint x, nint index, nint to) =>
        Launch(Kernel.AddToRows, Groups(columns), [rows, columns, x, index, to]);

    /// <summary>y[t, b, :] = x[t, lanes[b], :].</summary>
    public void PickLanes(
        bool integers, int steps, int lanesOfX, int lanesOfY, int width, nint x, nint lanes, nint y) =>
        Launch(integers ? Kernel.PickLanesOfIntegers : Kernel.PickLanes,
            Groups(Count((long)steps * lanesOfY * width)), [steps, lanesOfX, lanesOfY, width, x, lanes, y]);

    /// <summary>The same of records of so many bytes.</summary>
    public void PickLanes(int steps, int lanesOfX, int lanesOfY, long bytes, nint x, nint lanes, nint y)
    {
        bool whole = bytes % sizeof(int) == 0;
        int width = Count(whole ? bytes / sizeof(int) : bytes);
        Launch(whole ? Kernel.PickLanesOfIntegers : Kernel.PickLanesOfBytes,
            Groups(Count((long)steps * lanesOfY * width)), [steps, lanesOfX, lanesOfY, width, x, lanes, y]);
    }

    /// <summary>y[r] = max x[r, :], index[r] = the first place of it.</summary>
    public void MaxOfColumns(int rows, int columns, nint x, nint y, nint index) =>
        Launch(Kernel.MaxOfColumns, Groups(rows), [rows, columns, x, y, index]);

    /// <summary>y[r, :] = tanh(a[i[r], :] + b[j[r], :] + s[r] · c).</summary>
    public void TanhOfRows(int rows, int columns, nint a, nint i, nint b, nint j, nint s, nint c, nint y) =>
        Launch(Kernel.TanhOfRows, Groups(Count((long)rows * columns)),
            [rows, columns, a, i, b, j, c == 0 ? 0 : s, c, y]);

    /// <summary>Adds its gradients to da [rowsOfA, columns], db [rowsOfB, columns] and dc.</summary>
    public void TanhOfRowsGradient(int rows, int columns, nint y, nint g, nint i, nint j, nint s, int rowsOfA,
        nint da, int rowsOfB, nint db, nint dc)
    {
        long count = (long)rows * columns;
        nint coefficients = dc == 0 ? 0 : s;
        long most = Math.Max(1, Math.Max(rowsOfA, rowsOfB)) * (long)columns;
        nint slopes = KeptScratch((2 * count + most) * Float);
        nint scaled = slopes + (nint)(count * Float), sums = scaled + (nint)(count * Float);
        Launch(Kernel.TanhOfRowsSlope, Groups(Count(count)), [rows, columns, y, g, coefficients, slopes, scaled]);
        ScatterRows(rows, columns, rowsOfA, slopes, i, sums);
        Zip(0, 0, columns, (long)rowsOfA * columns, da, sums, da);
        ScatterRows(rows, columns, rowsOfB, slopes, j, sums);
        Zip(0, 0, columns, (long)rowsOfB * columns, db, sums, db);
        if (coefficients == 0)
            return;
        SumOfRows(rows, columns, columns, scaled, sums);
        Zip(0, 0, columns, columns, dc, sums, dc);
    }

    void Launch(Kernel kernel, (int, int, int) groups, ReadOnlySpan<Argument> arguments) =>
        accelerator.Launch(kernel, groups, arguments);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Rooms own in rooms.Values)
        {
            if (own.Scratch.Address != 0)
                accelerator.Free(own.Scratch.Address);
            if (own.Kept.Address != 0)
                accelerator.Free(own.Kept.Address);
        }
        rooms.Dispose();
    }

    // The scratch memory of one thread.
    sealed class Rooms
    {
        public (nint Address, long Bytes) Scratch, Kept;
    }
}
