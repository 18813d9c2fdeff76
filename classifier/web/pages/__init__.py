"""The pages people work in, in Bokmål: what each shows as plain values, and the routes that fill them."""
